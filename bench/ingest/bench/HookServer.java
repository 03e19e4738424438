package ingest.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The product with role {@code webhooks} in a process of its own, and its database. Beside its
 * routes it has one that does nothing.
 */
final class HookServer implements AutoCloseable {
  static final String HOOKS = "/wh/resend";
  static final String NOTHING = "/nothing";

  private static final String ROUTE =
      """
      - route:
          id: nothing
          from:
            uri: platform-http:%s
            parameters:
              httpMethodRestrict: POST
              consumes: application/json
            steps:
              - setBody:
                  constant: ""
              - removeHeaders:
                  pattern: "*"
              - setHeader:
                  name: CamelHttpResponseCode
                  constant: "200"
      """
          .formatted(NOTHING);

  final Dm dm;
  final int port;
  private final Child process;

  HookServer(Server server, Path folder) throws IOException, SQLException, InterruptedException {
    Path home = Files.createTempDirectory(folder, "webhooks-");
    copy(Path.of("routes"), home.resolve("routes"));
    Files.copy(Path.of("application.properties"), home.resolve("application.properties"));
    Files.writeString(
        Files.createDirectories(home.resolve("routes/bench")).resolve("nothing.camel.yaml"), ROUTE);
    this.dm = Dm.open(server);
    this.port = Ports.free();
    this.process =
        new Child(
            home,
            "ingest.Main",
            List.of("run"),
            Map.of(
                "INGEST_ROLE", "webhooks",
                "DM_DATABASE_URL", dm.settings().text("dm.database-url"),
                "DM_POOL_SIZE", "8", // the limit has 64 of the server's 100 connections
                "RESEND_WEBHOOK_SECRET", Hooks.SECRET,
                "HTTP_PORT", Integer.toString(port),
                "MANAGEMENT_PORT", Integer.toString(Ports.free()),
                "DATA_DIR", home.resolve("data").toString()));
  }

  /** Of the product's process, in nanoseconds. */
  long cpu() {
    return process.cpu();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  @Override
  public void close() {
    process.close();
    dm.close();
  }
}
