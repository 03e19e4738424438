package ingest.faults;

import ingest.run.IngestProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Adobe's S3Mock in a process of its own, with one bucket. */
final class S3Mock implements AutoCloseable {
  static final String BUCKET = "chat";
  private static final Path PROGRAM = Path.of("target", "s3mock", "s3mock.jar");
  private static final Duration START = Duration.ofMinutes(2);

  private final Process process;
  private final int port;
  private final S3Client client;

  S3Mock(Path folder) throws IOException, InterruptedException {
    this.port = IngestProcess.freePort();
    this.process =
        new ProcessBuilder(
                "setsid",
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                PROGRAM.toAbsolutePath().toString(),
                "--http.port=" + port,
                "--server.port=" + IngestProcess.freePort(),
                "--vectors.http.port=" + IngestProcess.freePort(),
                "--vectors.https.port=" + IngestProcess.freePort(),
                "--com.adobe.testing.s3mock.store.root=" + Files.createDirectories(folder),
                "--com.adobe.testing.s3mock.store.initial-buckets=" + BUCKET)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolveSibling("s3mock.log").toFile())
            .start();
    this.client =
        S3Client.builder()
            .endpointOverride(URI.create(url()))
            .forcePathStyle(true)
            .region(Region.US_EAST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("reads", "reads")))
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .build();
    awaitBucket();
  }

  private void awaitBucket() throws IOException, InterruptedException {
    long until = System.nanoTime() + START.toNanos();
    while (true) {
      try {
        client.headBucket(b -> b.bucket(BUCKET));
        return;
      } catch (SdkException e) {
        if (!process.isAlive() || System.nanoTime() > until) {
          close();
          throw new IOException("S3Mock does not answer", e);
        }
        Thread.sleep(100);
      }
    }
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The lines of each object, by its key. */
  SortedMap<String, List<String>> objects() throws IOException {
    TreeMap<String, List<String>> objects = new TreeMap<>();
    for (S3Object object : client.listObjectsV2Paginator(l -> l.bucket(BUCKET)).contents()) {
      byte[] gzip = client.getObjectAsBytes(g -> g.bucket(BUCKET).key(object.key())).asByteArray();
      objects.put(object.key(), lines(gzip));
    }
    return objects;
  }

  static List<String> lines(byte[] gzip) throws IOException {
    try (GZIPInputStream unpacked = new GZIPInputStream(new java.io.ByteArrayInputStream(gzip))) {
      String text = new String(unpacked.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      return new ArrayList<>(text.lines().toList());
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    client.close();
  }
}
