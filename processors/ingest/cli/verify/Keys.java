package ingest.cli.verify;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** What somebody may have taken a shared secret for. */
final class Keys {
  private static final String PREFIX = "whsec_";

  private Keys() {}

  /** The key that a secret of Standard Webhooks stands for comes first, where it is one. */
  static List<Tried> standard(String secret) {
    List<Tried> keys = new ArrayList<>();
    String rest = secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : secret;
    base64(
        keys,
        secret.startsWith(PREFIX) ? "" : "the secret read as base64, as if whsec_ stood before it",
        rest);
    text(keys, "the letters of the secret, where the key is what its base64 stands for", rest);
    if (!rest.equals(secret)) {
      text(
          keys,
          "the letters of the whole secret, whsec_ included, where the key is what the base64 after it stands for",
          secret);
    }
    return keys;
  }

  /** The letters themselves come first. */
  static List<Tried> plain(String secret) {
    List<Tried> keys = new ArrayList<>();
    text(keys, "", secret);
    text(keys, "the secret with a line feed after it, as echo writes it", secret + "\n");
    if (secret.startsWith(PREFIX)) {
      base64(keys, "what stands after whsec_, read as base64", secret.substring(PREFIX.length()));
    }
    base64(keys, "the secret read as base64, where the key is its letters", secret);
    try {
      keys.add(
          new Tried(
              "the secret read as hex, where the key is its letters",
              HexFormat.of().parseHex(secret)));
    } catch (IllegalArgumentException e) {
      // it is none
    }
    return keys;
  }

  private static void text(List<Tried> keys, String telling, String text) {
    keys.add(new Tried(telling, text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void base64(List<Tried> keys, String telling, String text) {
    try {
      byte[] key = Base64.getDecoder().decode(text);
      if (key.length > 0) {
        keys.add(new Tried(telling, key));
      }
    } catch (IllegalArgumentException e) {
      // it is none
    }
  }
}
