package ingest.trial;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;

/**
 * The HTTP client's first link: sees each request as it would go out and answers it, or lets it
 * pass. Everything before it is the route's own: the URL, the headers, what an answer's status
 * means.
 */
final class Requests implements HttpClientConfigurer, ExecChainHandler {
  /** Reads, and asking for a token, which every upstream forgets by itself. */
  private static final String READS = "GET|HEAD|OPTIONS";

  private static final Answer TOKEN =
      Answer.json(
          "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":3600}"
              .formatted(Trial.MADE_UP));

  private static final String ENDED = "the trial ended here";

  private final Journal journal;
  private final Given given;
  private final boolean live;

  Requests(Journal journal, Given given, boolean live) {
    this.journal = journal;
    this.given = given;
    this.live = live;
  }

  @Override
  public void configureHttpClient(HttpClientBuilder builder) {
    builder.addExecInterceptorFirst("trial", this);
  }

  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    Step step = Steps.current();
    String method = request.getMethod();
    String url = url(request);
    String form = form(request);
    boolean token = form.matches("(?s)(.*&)?grant_type=.*"); // RFC 6749
    Optional<Answer> answer = given.answer(step, url, token);
    if (answer.isPresent()) {
      return answered(step, request, url, token, answer.get(), "given");
    }
    if (live && token && form.contains(Trial.MADE_UP)) {
      told(step, request, url, true, 0, "nobody");
      journal.end("%s asks for a token, and its credentials are not set".formatted(step));
      throw new IOException(ENDED);
    }
    if (live && (token || method.matches(READS))) {
      ClassicHttpResponse response = chain.proceed(request, scope);
      told(step, request, url, token, response.getCode(), "live");
      return response;
    }
    if (token) {
      return answered(step, request, url, true, TOKEN, "made up");
    }
    told(step, request, url, false, 0, "nobody");
    journal.end(
        live
            ? "%s would send a %s, which may change something there: --live sends GETs and asks for tokens"
                .formatted(step, method)
            : "%s asks the upstream and no answer is given: give its answer with --body FILE, or ask it with --live"
                .formatted(step));
    throw new IOException(ENDED);
  }

  private ClassicHttpResponse answered(
      Step step, ClassicHttpRequest request, String url, boolean token, Answer answer, String by) {
    told(step, request, url, token, answer.status(), by);
    BasicClassicHttpResponse response = new BasicClassicHttpResponse(answer.status());
    answer.headers().forEach(response::addHeader);
    Header type = response.getFirstHeader("Content-Type");
    response.setEntity(
        new StringEntity(
            answer.body(),
            type == null
                ? ContentType.APPLICATION_JSON
                : ContentType.parseLenient(type.getValue()).withCharset(StandardCharsets.UTF_8)));
    return response;
  }

  private void told(
      Step step, ClassicHttpRequest request, String url, boolean token, int status, String by) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Header header : request.getHeaders()) {
      headers.merge(header.getName(), header.getValue(), (a, b) -> a + ", " + b);
    }
    if (request.getEntity() != null && request.getEntity().getContentType() != null) {
      headers.putIfAbsent("Content-Type", request.getEntity().getContentType());
    }
    journal.add(new Entry.Requested(step, request.getMethod(), url, headers, token, status, by));
  }

  private static String url(ClassicHttpRequest request) {
    try {
      return request.getUri().toString();
    } catch (URISyntaxException e) {
      return request.getScheme() + "://" + request.getAuthority() + request.getPath();
    }
  }

  /** The body where it is a form, else nothing. */
  private static String form(ClassicHttpRequest request) throws IOException {
    HttpEntity entity = request.getEntity();
    if (entity == null
        || !entity.isRepeatable()
        || !String.valueOf(entity.getContentType())
            .toLowerCase(Locale.ROOT)
            .startsWith("application/x-www-form-urlencoded")) {
      return "";
    }
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    entity.writeTo(form);
    return form.toString(StandardCharsets.UTF_8);
  }
}
