package ingest.admin;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The named tokens of {@code ADMIN_TOKENS}; only their hashes are known here. */
public final class AdminTokens {
  /** Who a token stands for; a viewer may only look. */
  public record Holder(String name, boolean operator) {}

  private record Token(Holder holder, String sha256) {}

  private final List<Token> tokens = new ArrayList<>();

  /**
   * Reads {@code name:role:sha256hex} entries.
   *
   * @throws SettingException for an entry of another form; names its place, not its content
   */
  public AdminTokens(Settings settings) {
    List<String> entries = settings.list("admin.tokens");
    for (int i = 0; i < entries.size(); i++) {
      String[] parts = entries.get(i).split(":", -1);
      if (parts.length != 3
          || !parts[1].matches("viewer|operator")
          || !parts[2].matches("[0-9a-fA-F]{64}")) {
        throw new SettingException(
            "ADMIN_TOKENS: entry %d is not name:viewer|operator:sha256-in-hex".formatted(i + 1));
      }
      tokens.add(
          new Token(
              new Holder(parts[0], parts[1].equals("operator")),
              parts[2].toLowerCase(Locale.ROOT)));
    }
  }

  public boolean none() {
    return tokens.isEmpty();
  }

  /** Looks at every token, whatever matches: the time tells nothing. */
  public Optional<Holder> find(String token) {
    byte[] hash = HexFormat.of().formatHex(sha256(token)).getBytes(StandardCharsets.US_ASCII);
    Holder found = null;
    for (Token candidate : tokens) {
      if (MessageDigest.isEqual(candidate.sha256.getBytes(StandardCharsets.US_ASCII), hash)) {
        found = candidate.holder;
      }
    }
    return Optional.ofNullable(found);
  }

  private static byte[] sha256(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
