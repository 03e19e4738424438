package ingest.x;

import ingest.signature.BodyHmac;
import ingest.signature.Hmac;
import ingest.signature.PlainSecret;
import ingest.signature.Scheme;
import ingest.signature.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * X's HMAC of the raw body under the app's consumer secret. It signs no time and no id.
 *
 * <p>The same secret signs the answer to a challenge, which anybody may ask for. So what could be
 * the token of a challenge is no body of a genuine call, however well it is signed: {@link
 * XChallenge} would have signed it for whoever asked.
 */
public final class XSignature implements Scheme {
  public static final String SIGNATURE = "x-twitter-webhooks-signature";

  private final Scheme scheme;

  /** {@code secrets}: consumer secrets, one of which signed. */
  public XSignature(List<PlainSecret> secrets) {
    this.scheme = new BodyHmac(SIGNATURE, "sha256=", BodyHmac.Form.BASE64, Hmac.SHA256, secrets);
  }

  @Override
  public Verdict verify(Map<String, String> headers, byte[] body, Instant now) {
    Verdict verdict = scheme.verify(headers, body, now);
    return verdict.valid() && XChallenge.isToken(body) ? Verdict.NO_MATCH : verdict;
  }
}
