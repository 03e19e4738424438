package ingest.x;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.signature.Hmac;
import ingest.signature.PlainSecret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Answers X's challenge ({@code GET /wh/x?crc_token=...}): whoever has the consumer secret can sign
 * the token. X asks when the webhook is registered and every hour or half hour from then on, and
 * takes a webhook that does not answer for about a day for dead.
 *
 * <p>Anybody may ask, so this signs for anybody. What it signs is therefore never what a call's
 * body is: see {@link #isToken}.
 */
public final class XChallenge implements Processor {
  /** The query parameter. */
  public static final String TOKEN = "crc_token";

  /** Without what an object, a list or a text begins with in JSON. */
  private static final Pattern TOKENS = Pattern.compile("[A-Za-z0-9+/=_.:~-]{1,256}");

  private static final int MOST_BYTES = 256;

  private final PlainSecret secret;

  /** {@code secrets}: the first answers; to the others only calls may still be signed. */
  public XChallenge(List<PlainSecret> secrets) {
    this.secret = secrets.get(0);
  }

  /** Answers 200, or 400 for what is no token; never with a part of the request. */
  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    Optional<String> answer = response(message.getHeader(TOKEN, String.class));
    message.removeHeaders("*");
    message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.isPresent() ? 200 : 400);
    message.setHeader(Exchange.CONTENT_TYPE, "application/json");
    message.setBody(
        answer
            .map(a -> JsonNodeFactory.instance.objectNode().put("response_token", a))
            .orElseGet(
                () ->
                    JsonNodeFactory.instance
                        .objectNode()
                        .put("error", "crc_token is missing or is none"))
            .toString());
  }

  /** The {@code response_token}; empty for what is no token. */
  Optional<String> response(@Nullable String token) {
    if (token == null || !TOKENS.matcher(token).matches()) {
      return Optional.empty();
    }
    byte[] signed = secret.sign(Hmac.SHA256, token.getBytes(StandardCharsets.US_ASCII));
    return Optional.of("sha256=" + Base64.getEncoder().encodeToString(signed));
  }

  /** True for what this would sign. No body of X is: they are objects. */
  static boolean isToken(byte[] body) {
    return body.length <= MOST_BYTES
        && TOKENS.matcher(new String(body, StandardCharsets.ISO_8859_1)).matches();
  }
}
