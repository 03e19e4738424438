package ingest.bench;

import ingest.signature.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** The product with role {@code env} in a process of its own, and its database. */
final class RealReceiver implements Receiver {
  /** Of a run that nobody else can reach. */
  static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private final Environment environment;
  private final Events events;
  private final Child process;
  private final URI url;

  RealReceiver(Server server, Events events, Path folder)
      throws IOException, SQLException, InterruptedException {
    this.events = events;
    this.environment = Environment.open(server);
    int port = Ports.free();
    this.url = URI.create("http://127.0.0.1:" + port + "/internal/events");
    this.process =
        new Child(
            "ingest.Main",
            List.of("run"),
            Map.of(
                "INGEST_ROLE", "env",
                "DATABASE_URL", environment.url(),
                "INGEST_DELIVERY_SECRET", SECRET,
                "HTTP_PORT", Integer.toString(port),
                "MANAGEMENT_PORT", Integer.toString(Ports.free()),
                "DATA_DIR", folder.toString()));
  }

  static List<Secret> secrets() {
    return List.of(Secret.parse(SECRET));
  }

  @Override
  public String name() {
    return "consumer";
  }

  @Override
  public URI url() {
    return url;
  }

  @Override
  public void reset() throws SQLException {
    environment.clear();
  }

  @Override
  public void check(int number) throws SQLException {
    environment.check(events, number);
  }

  @Override
  public void close() {
    process.close();
    environment.close();
  }
}
