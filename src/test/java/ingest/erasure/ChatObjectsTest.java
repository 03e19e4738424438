package ingest.erasure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Both places of exported chat: listed in order from a name on, read, replaced. */
class ChatObjectsTest {
  private static final List<String> NAMES =
      List.of(
          "shared/2026-03-01/1/a.0001.ndjson.gz",
          "shared/2026-03-01/1/a.0002.ndjson.gz",
          "shared/2026-03-01/2/a.0001.ndjson.gz");

  @TempDir private Path folder = Path.of("");

  private static void holds(ChatObjects objects) throws IOException {
    assertEquals(NAMES, objects.after("", 10));
    assertEquals(NAMES.subList(0, 2), objects.after("", 2));
    assertEquals(NAMES.subList(1, 3), objects.after(NAMES.get(0), 10));
    assertEquals(List.of(), objects.after(NAMES.get(2), 10));
    objects.replace(NAMES.get(1), new byte[] {7, 8});
    assertArrayEquals(new byte[] {7, 8}, objects.read(NAMES.get(1)));
    assertArrayEquals(new byte[] {1}, objects.read(NAMES.get(0)));
    assertEquals(NAMES, objects.after("", 10), "nothing else is there");
  }

  @Test
  void a_folder() throws IOException {
    for (String name : NAMES) {
      Files.createDirectories(folder.resolve(name).resolveSibling("."));
      Files.write(folder.resolve(name), new byte[] {1});
    }
    holds(ChatObjects.in(folder));
  }

  @Test
  void a_folder_that_nobody_has_written_to_has_none() throws IOException {
    assertEquals(List.of(), ChatObjects.in(folder.resolve("none")).after("", 10));
  }

  @Test
  void what_an_export_left_half_written_is_dropped_when_nobody_can_be_at_it() throws IOException {
    Path old = Files.write(folder.resolve(".a.ndjson.gz"), new byte[] {1});
    Path young = Files.write(folder.resolve(".b.ndjson.gz"), new byte[] {1});
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    ChatObjects objects = ChatObjects.in(folder);
    assertEquals(List.of(), objects.after("", 10));
    objects.dropUnfinished();
    assertFalse(Files.exists(old));
    assertTrue(Files.exists(young));
  }

  @Test
  void a_bucket_behind_a_prefix() throws IOException {
    NavigableMap<String, byte[]> bucket = new ConcurrentSkipListMap<>();
    NAMES.forEach(name -> bucket.put("chat/" + name, new byte[] {1}));
    bucket.put("other/x", new byte[] {1});
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/b", call -> answer(call, bucket));
    server.start();
    try (S3Client client =
        S3Client.builder()
            .endpointOverride(URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
            .forcePathStyle(true)
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .build()) {
      holds(ChatObjects.in(client, "b", "chat/"));
    } finally {
      server.stop(0);
    }
  }

  /** As S3 answers to lists, reads and writes of one bucket. */
  private static void answer(HttpExchange call, NavigableMap<String, byte[]> bucket)
      throws IOException {
    String key = call.getRequestURI().getPath().replaceFirst("^/b/?", "");
    byte[] answer = new byte[0];
    if (call.getRequestMethod().equals("PUT")) {
      bucket.put(key, body(call));
    } else if (!key.isEmpty()) {
      answer = bucket.getOrDefault(key, answer);
    } else {
      Map<String, String> asked =
          Stream.of(call.getRequestURI().getRawQuery().split("&", -1))
              .map(p -> p.split("=", 2))
              .collect(
                  Collectors.toMap(
                      p -> p[0],
                      p -> p.length < 2 ? "" : URLDecoder.decode(p[1], StandardCharsets.UTF_8)));
      String keys =
          bucket.tailMap(asked.getOrDefault("start-after", ""), false).keySet().stream()
              .filter(k -> k.startsWith(asked.getOrDefault("prefix", "")))
              .limit(Long.parseLong(asked.getOrDefault("max-keys", "1000")))
              .map(k -> "<Contents><Key>" + k + "</Key></Contents>")
              .collect(Collectors.joining());
      answer =
          ("<ListBucketResult>" + keys + "</ListBucketResult>").getBytes(StandardCharsets.UTF_8);
    }
    call.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
    call.getResponseBody().write(answer);
    call.close();
  }

  /** The SDK sends a body in chunks, each behind a line that signs it. */
  private static byte[] body(HttpExchange call) throws IOException {
    byte[] sent = call.getRequestBody().readAllBytes();
    String length = call.getRequestHeaders().getFirst("x-amz-decoded-content-length");
    if (length == null) {
      return sent;
    }
    int begin = new String(sent, StandardCharsets.ISO_8859_1).indexOf("\r\n") + 2;
    byte[] body = new byte[Integer.parseInt(length)];
    System.arraycopy(sent, begin, body, 0, body.length);
    return body;
  }
}
