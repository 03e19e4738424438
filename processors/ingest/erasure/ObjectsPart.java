package ingest.erasure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.operation.Held;
import ingest.store.DmDatabase;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The exported chat, object by object in the order of their names. One that has a line of the
 * person is written anew without it; the ledger has that first.
 */
final class ObjectsPart {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LISTED = 1000;

  /** A page ends with the object that is at hand then. */
  private static final Duration PAGE = Duration.ofSeconds(5);

  private static final String BOOK =
      """
      INSERT INTO dm.chat_archive_erased (object, erasure, pass, rows_erased, at)
      VALUES (?, ?, ?, ?, ingest.now()) ON CONFLICT DO NOTHING
      """;

  private final DmDatabase dm;
  private final ChatObjects objects;

  ObjectsPart(DmDatabase dm, ChatObjects objects) {
    this.dm = dm;
    this.objects = objects;
  }

  /**
   * Does some objects.
   *
   * @param at the name of the last one; moved on
   * @return false when there is nothing behind it
   */
  boolean page(Erasure erasure, int pass, ObjectNode at, Held held)
      throws IOException, SQLException {
    String behind = at.path("object").asText("");
    if (behind.isEmpty() && !erasure.dryRun()) {
      objects.dropUnfinished();
    }
    List<String> names = objects.after(behind, LISTED);
    long began = System.nanoTime();
    for (String name : names) {
      if (name.endsWith(".ndjson.gz")) {
        object(name, erasure, pass, held);
      }
      at.put("object", name);
      if (System.nanoTime() - began > PAGE.toNanos()) {
        return true;
      }
    }
    return !names.isEmpty();
  }

  private void object(String name, Erasure erasure, int pass, Held held)
      throws IOException, SQLException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    long erased = 0;
    List<String> needles = erasure.person().needles();
    boolean theirChannel =
        erasure.person().channels().stream().anyMatch(c -> name.contains("/" + c + "/"));
    try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(
                    new GZIPInputStream(new ByteArrayInputStream(objects.read(name))),
                    StandardCharsets.UTF_8));
        GZIPOutputStream packed = new GZIPOutputStream(kept)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String folded = line.toLowerCase(Locale.ROOT);
        if ((theirChannel || needles.stream().anyMatch(folded::contains))
            && theirs(JSON.readTree(line), erasure)) {
          erased++;
        } else {
          packed.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    held.count("objects.found", erased == 0 ? 0 : 1);
    held.count("lines.found", erased);
    if (erased > 0 && !erasure.dryRun()) {
      book(name, erasure, pass, erased);
      objects.replace(name, kept.toByteArray());
      held.count("objects.erased", 1);
      held.count("lines.erased", erased);
    }
  }

  private static boolean theirs(JsonNode line, Erasure erasure) {
    return erasure.person().isIn(line)
        && !Instant.parse(line.path("created_at").asText()).isAfter(erasure.until());
  }

  private void book(String name, Erasure erasure, int pass, long lines) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement insert = connection.prepareStatement(BOOK)) {
      insert.setString(1, name);
      insert.setLong(2, erasure.id());
      insert.setInt(3, pass);
      insert.setLong(4, lines);
      insert.executeUpdate();
    }
  }
}
