package ingest.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The stores and the upstreams in a process of their own ({@code run --only-stores}), and the
 * settings under which processes of other roles reach them.
 */
public final class StoresProcess implements AutoCloseable {
  private static final Pattern SETTING = Pattern.compile("([A-Z_]+)='(.*)'");

  private final IngestProcess process;
  private final Map<String, String> written = new LinkedHashMap<>();

  private StoresProcess(IngestProcess process, Path data) throws IOException {
    this.process = process;
    for (String line : Files.readAllLines(data.resolve("stores.env"))) {
      Matcher setting = SETTING.matcher(line);
      if (!setting.matches()) {
        throw new IOException("stores.env has the line " + line);
      }
      written.put(setting.group(1), setting.group(2));
    }
  }

  /**
   * Starts them on a data folder and returns when they are there.
   *
   * @param settings what is not the default, such as a store that runs already
   */
  public static StoresProcess start(Path data, Map<String, String> settings)
      throws IOException, InterruptedException {
    Map<String, String> environment = IngestProcess.settings(data);
    environment.putAll(settings);
    IngestProcess process = IngestProcess.startApart(environment, "run", "--only-stores");
    process.awaitReady();
    try {
      return new StoresProcess(process, data);
    } catch (IOException e) {
      process.close();
      throw e;
    }
  }

  public IngestProcess process() {
    return process;
  }

  /** What they hold. */
  public Stores stores() {
    return Stores.of(written);
  }

  /** Their simulated Kick. */
  public Upstream upstream() {
    return new Upstream(written.getOrDefault("KICK_API_URL", ""));
  }

  /** A process of {@code role} on these stores, with ports of its own. */
  public Map<String, String> role(String role) throws IOException {
    Map<String, String> settings = new LinkedHashMap<>(written);
    settings.put("INGEST_ROLE", role);
    settings.putAll(IngestProcess.viewersAlone());
    settings.put("HTTP_PORT", Integer.toString(IngestProcess.freePort()));
    settings.put("MANAGEMENT_PORT", Integer.toString(IngestProcess.freePort()));
    return settings;
  }

  @Override
  public void close() {
    process.close();
  }
}
