package ingest.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commits the lines of a stream in calls of bounded size and counts what became of them.
 *
 * <p>A call whose answer was lost is sent again as it was: the ids come from the lines, so that a
 * line which was committed by the first is known to the second. Counts and output are guarded,
 * because {@link #finish} is called beside a running emission when the process is told to end.
 */
final class Emission {
  /** The API takes no more lines in one call. */
  static final int CALL_LINES = 500;

  /** Below what the API takes, 4 MiB, by more than one line. */
  static final int CALL_BYTES = 3 << 20;

  /** Above any envelope, whose limit the API checks. */
  static final int LINE_BYTES = 192 << 10;

  /** About a minute together: a restart or a switch-over of the database is shorter. */
  private static final List<Duration> PAUSES =
      List.of(1, 2, 4, 8, 15, 30).stream().map(Duration::ofSeconds).toList();

  /** The lines of one call, and where each stands in the stream. */
  private static final class Call {
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final List<Long> numbers = new ArrayList<>();

    boolean takes(byte[] line) {
      return numbers.size() < CALL_LINES && body.size() + line.length + 1 <= CALL_BYTES;
    }

    void add(long number, byte[] line) {
      body.writeBytes(line);
      body.write('\n');
      numbers.add(number);
    }

    long first() {
      return numbers.get(0);
    }

    long last() {
      return numbers.get(numbers.size() - 1);
    }
  }

  private final AdminApi api;
  private final Surroundings around;
  private final Progress progress;
  private final @Nullable JsonGenerator json;

  private long lines;
  private long added;
  private long known;
  private long rejected;
  private long confirmedTo;
  private boolean finished;

  /**
   * Nothing is sent before {@link #run}.
   *
   * @param json where the outcome goes in place of a sentence
   */
  Emission(AdminApi api, Surroundings around, Progress progress, @Nullable JsonGenerator json)
      throws IOException {
    this.api = api;
    this.around = around;
    this.progress = progress;
    this.json = json;
    if (json != null) {
      json.writeStartObject();
      json.writeArrayFieldStart("rejected");
    }
  }

  /**
   * Reads to the end of the stream.
   *
   * @throws CommandFailure when a call fails for good; what was confirmed until then stays
   */
  void run(InputStream in) throws IOException {
    LineReader reader = new LineReader(in, LINE_BYTES);
    Call call = new Call();
    while (reader.next()) {
      byte[] line = reader.bytes();
      if (reader.tooLong()) {
        tooLong(reader.number());
      } else if (!blank(line)) {
        if (!call.takes(line)) {
          commit(call);
          progress.to(reader.read(), Text.number(confirmedLines()) + " lines");
          call = new Call();
        }
        call.add(reader.number(), line);
      }
    }
    if (!call.numbers.isEmpty()) {
      commit(call);
    }
    progress.to(reader.read(), Text.number(confirmedLines()) + " lines");
  }

  /**
   * Tells the outcome, once.
   *
   * @param complete false when the stream was not read to its end
   */
  synchronized void finish(boolean complete) {
    if (finished) {
      return;
    }
    finished = true;
    progress.close();
    try {
      if (json != null) {
        json.writeEndArray();
        json.writeNumberField("lines", lines);
        json.writeNumberField("new", added);
        json.writeNumberField("duplicates", known);
        json.writeEndObject();
        json.flush();
        around.out().println();
      } else {
        around
            .out()
            .println(
                "%s lines: %s new, %s known already, %s rejected"
                    .formatted(
                        Text.number(lines),
                        Text.number(added),
                        Text.number(known),
                        Text.number(rejected)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!complete) {
      around
          .err()
          .println(
              confirmedTo == 0
                  ? "stopped before any line was confirmed"
                  : "stopped; confirmed up to line %s. Emit it all again to go on: what is known already changes nothing"
                      .formatted(Text.number(confirmedTo)));
    }
    around.out().flush();
    around.err().flush();
  }

  synchronized boolean anyRejected() {
    return rejected > 0;
  }

  private synchronized long confirmedLines() {
    return lines;
  }

  private synchronized void tooLong(long number) {
    if (finished) {
      return;
    }
    lines++;
    reject(number, "longer than %s KiB".formatted(LINE_BYTES >> 10));
  }

  private void commit(Call call) {
    JsonNode answer = send(call);
    if (answer.path("lines").asInt(-1) != call.numbers.size()) {
      throw new CommandFailure(
          "%s lines were sent and %s answered for: is this the management port of an ingest?"
              .formatted(call.numbers.size(), answer.path("lines").asInt()));
    }
    confirm(call, answer);
  }

  private synchronized void confirm(Call call, JsonNode answer) {
    if (finished) {
      return;
    }
    lines += call.numbers.size();
    added += answer.path("new").asLong();
    known += answer.path("duplicates").asLong();
    confirmedTo = call.last();
    for (JsonNode rejection : answer.path("rejected")) {
      int line = rejection.path("line").asInt();
      reject(call.numbers.get(line - 1), rejection.path("error").asText());
    }
  }

  private void reject(long number, String error) {
    rejected++;
    progress.say("line %d: %s".formatted(number, Text.oneLine(error)));
    if (json != null) {
      try {
        json.writeStartObject();
        json.writeNumberField("line", number);
        json.writeStringField("error", error);
        json.writeEndObject();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private JsonNode send(Call call) {
    byte[] body = call.body.toByteArray();
    for (int attempt = 0; ; attempt++) {
      try {
        return api.post("/admin/emit", "application/x-ndjson", body, AdminApi.QUICK);
      } catch (CommandFailure.NobodyThere e) {
        if (attempt == 0 && confirmedLines() == 0) {
          throw e;
        }
        await(call, attempt, e);
      } catch (CommandFailure.Passing e) {
        await(call, attempt, e);
      }
    }
  }

  private void await(Call call, int attempt, CommandFailure failure) {
    if (attempt == PAUSES.size()) {
      throw failure;
    }
    Duration pause = PAUSES.get(attempt);
    progress.say(
        "%s; sending lines %s to %s again in %s"
            .formatted(
                Text.oneLine(String.valueOf(failure.getMessage())),
                Text.number(call.first()),
                Text.number(call.last()),
                Text.span(pause)));
    try {
      around.pause().await(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted");
    }
  }

  private static boolean blank(byte[] line) {
    for (byte b : line) {
      if (b < 0 || b > ' ') {
        return false;
      }
    }
    return true;
  }
}
