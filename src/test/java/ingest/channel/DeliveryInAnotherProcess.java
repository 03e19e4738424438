package ingest.channel;

import com.zaxxer.hikari.HikariDataSource;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.store.DmDatabase;
import ingest.store.TestStores;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A process that delivers every second batch of a world's events, by four threads. */
final class DeliveryInAnotherProcess implements AutoCloseable {
  private static final String READY = "ready";
  private static final String DONE = "done ";
  private static final int THREADS = 4;

  private final Process process;
  private final BufferedReader out;

  private DeliveryInAnotherProcess(Process process) {
    this.process = process;
    this.out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  public static void main(String[] args) throws Exception {
    long seed = Long.parseLong(args[2]);
    int share = Integer.parseInt(args[3]);
    try (HikariDataSource pool = TestStores.pool(args[0])) {
      Delivery delivery = new Delivery(new DmDatabase(pool), EventTypes.load(Path.of(args[1])));
      List<List<Envelope>> batches = batches(seed);
      List<List<Envelope>> own =
          IntStream.range(0, batches.size())
              .filter(b -> b % 2 == share)
              .mapToObj(batches::get)
              .toList();
      pool.getConnection().close();
      System.out.println(READY);
      System.in.read();
      delivery.deliver(own, THREADS);
      System.out.println(DONE + delivery.cost());
    }
  }

  /** The same in each process. */
  private static List<List<Envelope>> batches(long seed) {
    Random random = new Random(seed);
    List<Envelope> events = World.of(seed).seen.stream().map(Seen::event).toList();
    return Delivery.batches(events, random, 200);
  }

  /** Returns at once. */
  static DeliveryInAnotherProcess start(String url, Path types, long seed, int share)
      throws IOException {
    return new DeliveryInAnotherProcess(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // a short life
                "-cp",
                System.getProperty("java.class.path", ""),
                DeliveryInAnotherProcess.class.getName(),
                url,
                types.toString(),
                Long.toString(seed),
                Integer.toString(share))
            .redirectErrorStream(true)
            .start());
  }

  /** Waits until it can deliver. */
  void ready() throws IOException {
    line(READY);
  }

  void go() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
  }

  /** Waits for its end; what it cost, as {@link Delivery#cost} tells it. */
  String done() throws IOException {
    return line(DONE).substring(DONE.length());
  }

  private String line(String start) throws IOException {
    StringBuilder told = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(start)) {
        return line;
      }
      told.append(line).append('\n');
    }
    throw new IOException("the process ended before it said " + start + ":\n" + told);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
