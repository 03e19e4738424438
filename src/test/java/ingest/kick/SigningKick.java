package ingest.kick;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** Signs as Kick does, with a key of its own: no signature by Kick's is public. */
final class SigningKick {
  static final String ID = "01M38NRB4G52F52XF05HW8RBA4";
  static final String TIME = "2026-09-24T03:01:14Z";

  private final KeyPair keys;

  SigningKick(int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(bits);
      keys = generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  String pem() {
    return pem(keys.getPublic().getEncoded());
  }

  static String pem(byte[] key) {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key)
        + "\n-----END PUBLIC KEY-----\n";
  }

  /** The headers of a call that is sent now. */
  Map<String, String> signed(byte[] body) {
    return signed(ID, TIME, body);
  }

  Map<String, String> signed(String id, String time, byte[] body) {
    try {
      Signature rsa = Signature.getInstance("SHA256withRSA");
      rsa.initSign(keys.getPrivate());
      rsa.update((id + "." + time + ".").getBytes(US_ASCII));
      rsa.update(body);
      Map<String, String> headers = new HashMap<>();
      headers.put("kick-event-message-id", id);
      headers.put("kick-event-message-timestamp", time);
      headers.put("kick-event-signature", Base64.getEncoder().encodeToString(rsa.sign()));
      return headers;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
