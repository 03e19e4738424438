package ingest.faults;

import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Projectors with bugs in them: the product's own sources with a line that is another, compiled
 * into a folder that stands before the product's classes.
 *
 * <p>The product has no projector that appends, so one is added to either side: {@link #TABLE} has
 * a row for each follow.
 */
final class BuriedBugs {
  /** Filled by the projector that is added; keyed by the original event, as appends are. */
  static final String TABLE =
      """
      CREATE TABLE public.faults_follow (event_id uuid PRIMARY KEY, channel text NOT NULL, followed_at timestamptz);
      """;

  private static final String FOLLOWS = "FollowLogProjector";

  private static final String APPEND =
      """
      package ingest.projection.kick;

      import ingest.envelope.Envelope;
      import ingest.projection.Columns;
      import ingest.projection.Fields;
      import ingest.projection.Projector;
      import ingest.projection.Table;
      import java.sql.Connection;
      import java.sql.PreparedStatement;
      import java.sql.SQLException;
      import java.time.Instant;
      import java.util.Collection;
      import java.util.List;
      import java.util.Map;
      import java.util.TreeMap;
      import java.util.UUID;

      public final class FollowLogProjector implements Projector<FollowLogProjector.Row> {
        public record Row(UUID event, String channel, Instant at) {}

        @Override
        public String source() {
          return "kick";
        }

        @Override
        public String type() {
          return "kick.channel.followed";
        }

        @Override
        public List<Table> tables() {
          return List.of(Table.of("faults_follow"));
        }

        @Override
        public List<Row> rows(Envelope envelope) {
          String channel = Fields.text(envelope.data(), "platform_user_id");
          Instant at = Fields.time(envelope.data(), "followed_at");
          return List.of(new Row(envelope.rootId(), channel, at));
        }

        @Override
        public void write(Connection tx, List<Row> rows) throws SQLException {
          Map<UUID, Row> once = new TreeMap<>();
          rows.forEach(row -> once.put(row.event(), row));
          Collection<Row> all = once.values();
          try (PreparedStatement append =
              tx.prepareStatement(
                  "INSERT INTO faults_follow SELECT * FROM unnest(?::uuid[], ?::text[], ?::timestamptz[])"
                      + " ON CONFLICT (event_id) DO UPDATE SET channel = excluded.channel, followed_at = excluded.followed_at")) {
            append.setArray(1, Columns.uuids(tx, all, Row::event));
            append.setArray(2, Columns.texts(tx, all, Row::channel));
            append.setArray(3, Columns.times(tx, all, Row::at));
            append.executeUpdate();
          }
        }
      }
      """;

  /** A line of a source and what stands there instead. */
  private record Bug(String source, String right, String wrong) {}

  private static final List<Bug> BUGS =
      List.of(
          // a wrong column
          new Bug(
              "ViewerCountProjector",
              "ChannelSnapshot.Title.of(stream, lagging),",
              "stream.isObject() ? new ChannelSnapshot.Title(Fields.text(data, \"slug\"), lagging) : null,"),
          // a wrong value
          new Bug(
              "ViewerCountProjector",
              "new ChannelSnapshot.Viewers(count, ",
              "new ChannelSnapshot.Viewers(count / 2, "),
          // a sign the wrong way round
          new Bug(
              "LivestreamStatusProjector",
              "Fields.required(ChannelSnapshot.Live.of(stream, pushed), envelope)",
              "new ChannelSnapshot.Live(!Fields.required(ChannelSnapshot.Live.of(stream, pushed), envelope).live(), null, pushed)"),
          // a wrong append
          new Bug(
              FOLLOWS,
              "String channel = Fields.text(envelope.data(), \"platform_user_id\");",
              "String channel = envelope.subject();"),
          // and one that invents: every tenth follow becomes two
          new Bug(
              FOLLOWS,
              "return List.of(new Row(envelope.rootId(), channel, at));",
              "Row row = new Row(envelope.rootId(), channel, at);"
                  + " UUID other = new UUID(row.event().getMostSignificantBits(), ~row.event().getLeastSignificantBits());"
                  + " return envelope.rev() / 1000 % 10 == 0 ? List.of(row, new Row(other, channel, at)) : List.of(row);"));

  private BuriedBugs() {}

  /** Classes as they should be: the projector that is added. */
  static Path right(Path folder) throws IOException {
    return compiled(folder.resolve("right"), Map.of(FOLLOWS, APPEND));
  }

  /** Classes with every bug. */
  static Path wrong(Path folder) throws IOException {
    Map<String, String> sources = new LinkedHashMap<>();
    for (Bug bug : BUGS) {
      String source = sources.get(bug.source());
      if (source == null) {
        source =
            bug.source().equals(FOLLOWS)
                ? APPEND
                : Files.readString(
                    Path.of("projectors/ingest/projection/kick", bug.source() + ".java"));
      }
      if (!source.contains(bug.right())) {
        throw new IOException(bug.source() + " has no more the line " + bug.right());
      }
      sources.put(bug.source(), source.replace(bug.right(), bug.wrong()));
    }
    return compiled(folder.resolve("wrong"), sources);
  }

  private static Path compiled(Path folder, Map<String, String> sources) throws IOException {
    List<Path> files = new ArrayList<>();
    Path classes = Files.createDirectories(folder.resolve("classes"));
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = folder.resolve(source.getKey() + ".java");
      files.add(Files.writeString(file, source.getValue()));
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new IOException("this Java has no compiler: a JDK is needed");
    }
    Writer said = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      boolean understood =
          compiler
              .getTask(
                  said,
                  manager,
                  null,
                  List.of("-d", classes.toString(), "-proc:none", "-parameters"),
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      if (!understood) {
        throw new IOException(said.toString());
      }
    }
    return classes;
  }
}
