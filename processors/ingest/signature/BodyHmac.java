package ingest.signature;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One header holds an HMAC of the body and nothing else is signed: no time and no id, so a call
 * that was seen once is genuine for ever. What keeps a repeat from counting twice are the keys of
 * its events.
 */
public final class BodyHmac implements Scheme {
  private final String header;
  private final String prefix;
  private final Form form;
  private final Hmac algorithm;
  private final List<PlainSecret> secrets;

  /**
   * Reads {@code header} as {@code prefix} and the HMAC behind it.
   *
   * @param prefix such as {@code sha256=}; may be empty
   * @param secrets one of them signed
   */
  public BodyHmac(
      String header, String prefix, Form form, Hmac algorithm, List<PlainSecret> secrets) {
    this.header = header.toLowerCase(Locale.ROOT);
    this.prefix = prefix;
    this.form = form;
    this.algorithm = algorithm;
    this.secrets = List.copyOf(secrets);
  }

  /** How the bytes of an HMAC are written. */
  public enum Form {
    /** In lower case. */
    HEX {
      @Override
      String written(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
      }
    },
    /** The standard alphabet, padded. */
    BASE64 {
      @Override
      String written(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
      }
    };

    abstract String written(byte[] bytes);
  }

  @Override
  public Verdict verify(Map<String, String> headers, byte[] body, Instant now) {
    String given = headers.get(header);
    return given == null ? Verdict.MISSING_HEADER : verify(given, body);
  }

  private Verdict verify(String given, byte[] body) {
    byte[] offered = given.getBytes(StandardCharsets.UTF_8);
    boolean match = false;
    for (PlainSecret secret : secrets) {
      byte[] expected = signature(secret, body).getBytes(StandardCharsets.UTF_8);
      match |= MessageDigest.isEqual(expected, offered);
    }
    return match ? Verdict.VALID : Verdict.NO_MATCH;
  }

  private String signature(PlainSecret secret, byte[] text) {
    return prefix + form.written(secret.sign(algorithm, text));
  }

  /** What the header of such a body has to hold, under the first secret. */
  public String sign(byte[] text) {
    return signature(secrets.get(0), text);
  }
}
