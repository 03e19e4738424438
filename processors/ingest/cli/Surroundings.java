package ingest.cli;

import ingest.Embedded;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ServiceLoader;
import picocli.CommandLine.Help.Ansi;

/**
 * What a command has around it.
 *
 * @param out what was asked for, and nothing else
 * @param err messages
 * @param terminal whether a person is looking at both
 * @param typed whether a person types the input
 * @param root the repository root, or that of the image
 * @param calledFrom the caller's folder, where relative file names start
 * @param clock with the zone in which times are shown
 * @param embedded whether this build brings the embedded parts along
 */
record Surroundings(
    PrintWriter out,
    PrintWriter err,
    InputStream in,
    boolean terminal,
    boolean typed,
    Path root,
    Path calledFrom,
    Clock clock,
    Pause pause,
    boolean embedded) {

  /** Waits. */
  interface Pause {
    void await(Duration span) throws InterruptedException;
  }

  /** Colour where a person looks and the terminal has it. */
  Ansi ansi() {
    return terminal ? Ansi.AUTO : Ansi.OFF;
  }

  /**
   * {@code bin/ingest} tells in properties where it was called, before it changed to the root, and
   * which of the streams 0, 1 and 2 are terminals.
   */
  static Surroundings ofThisProcess() {
    String streams = System.getProperty("ingest.terminals", "");
    return new Surroundings(
        utf8(FileDescriptor.out),
        utf8(FileDescriptor.err),
        System.in,
        streams.contains("1") && streams.contains("2"),
        streams.contains("0"),
        Path.of("").toAbsolutePath(),
        Path.of(System.getProperty("ingest.called-from", "")).toAbsolutePath(),
        Clock.system(ZoneId.systemDefault()),
        span -> Thread.sleep(span.toMillis()),
        ServiceLoader.load(Embedded.class).iterator().hasNext());
  }

  /** Whatever the locale says: JSON is UTF-8. */
  private static PrintWriter utf8(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), true);
  }
}
