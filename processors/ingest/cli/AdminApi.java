package ingest.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks a running ingest.
 *
 * <p>Follows no redirect, so that the token goes nowhere but to the address that was given.
 */
final class AdminApi {
  /** Answers from the stores; the longest is a commit under load. */
  static final Duration QUICK = Duration.ofSeconds(30);

  /** A poll is answered once it has ended. */
  static final Duration POLL = Duration.ofMinutes(15);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String url;
  private final @Nullable String token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  /**
   * Connects with the first call.
   *
   * @param url without a slash at its end
   */
  AdminApi(String url, @Nullable String token) {
    this.url = url;
    this.token = token;
  }

  JsonNode get(String path) {
    return answer(request(path, QUICK).GET().build());
  }

  JsonNode post(String path, JsonNode body, Duration timeout) {
    return post(
        path, "application/json", body.toString().getBytes(StandardCharsets.UTF_8), timeout);
  }

  JsonNode post(String path, String contentType, byte[] body, Duration timeout) {
    return answer(
        request(path, timeout)
            .header("Content-Type", contentType)
            .POST(BodyPublishers.ofByteArray(body))
            .build());
  }

  /** A name as one segment of a path. */
  static String segment(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private HttpRequest.Builder request(String path, Duration timeout) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(timeout)
            .header("Accept", "application/json");
    return token == null ? request : request.header("Authorization", "Bearer " + token);
  }

  private JsonNode answer(HttpRequest request) {
    HttpResponse<byte[]> response;
    try {
      response = http.send(request, BodyHandlers.ofByteArray());
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new CommandFailure.NobodyThere(
          "no ingest answers at %s: start it with `bin/ingest run`, or give --url".formatted(url));
    } catch (HttpTimeoutException e) {
      throw new CommandFailure.Passing(url + " did not answer in time");
    } catch (IOException e) {
      throw new CommandFailure.Passing("the connection to %s was lost".formatted(url));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted while waiting for " + url);
    }
    JsonNode body = read(response.body());
    int status = response.statusCode();
    if (status / 100 == 2 && body.isContainerNode()) {
      return body;
    }
    String error = body.path("error").asText("");
    if (status == 401 || status == 403) {
      throw new CommandFailure(
          "%s needs a token%s: --token or INGEST_TOKEN%s"
              .formatted(
                  url,
                  token == null ? "" : " other than the one given",
                  error.isEmpty() ? "" : " (" + error + ")"));
    }
    if (status == 503) {
      throw new CommandFailure.Passing(
          error.isEmpty() ? url + " is not available just now (HTTP 503)" : error);
    }
    throw new CommandFailure(
        error.isEmpty()
            ? "%s does not answer as an ingest does (HTTP %d): is it the management port?"
                .formatted(url, status)
            : error);
  }

  /** What is no JSON is no answer of an ingest. */
  private static JsonNode read(byte[] body) {
    try {
      JsonNode node = JSON.readTree(body);
      return node == null ? MissingNode.getInstance() : node;
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
