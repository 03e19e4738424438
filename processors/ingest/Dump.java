package ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Batch;
import ingest.delivery.Lane;
import ingest.envelope.EventId;
import ingest.poll.PollRun;
import ingest.settings.Role;
import ingest.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.spi.InflightRepository.InflightExchange;
import org.jspecify.annotations.Nullable;

/**
 * What a process was doing when it came to its end, as a JSON file that only its owner reads:
 * names, numbers and stacks, never a payload, a setting or the message of an exception.
 */
final class Dump {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** Of each list; the rest is told as a number. */
  private static final int MOST = 1000;

  private static final int FRAMES = 60;

  private final List<Path> folders;
  private final Map<String, Supplier<JsonNode>> parts = new LinkedHashMap<>();

  /** Goes to DUMP_DIR, or below DATA_DIR; where that cannot be written, to the temporary folder. */
  Dump(Settings settings) {
    this.folders =
        List.of(
            settings.has("dump.dir")
                ? Path.of(settings.text("dump.dir"))
                : Path.of(settings.text("data.dir"), "dumps"),
            Path.of(System.getProperty("java.io.tmpdir", ".")));
    parts.put("threads", Dump::threads);
  }

  void tell(Collection<Role> roles) {
    parts.put("roles", () -> words(roles.stream().map(Role::word).sorted().toList()));
  }

  void tell(CamelContext camel) {
    camel.getInflightRepository().setInflightBrowseEnabled(true);
    parts.put("routes", () -> routes(camel));
    parts.put("exchanges", () -> exchanges(camel));
  }

  void tell(Supplier<Collection<Lane>> lanes) {
    parts.put("lanes", () -> lanes(lanes.get()));
  }

  /** Writes it; what to log of that. */
  String write(String thread, @Nullable String route, Throwable thrown) {
    ObjectNode whole = NODES.objectNode();
    whole.put("at", Instant.now().toString());
    whole.put("pid", ProcessHandle.current().pid());
    whole.put("thread", thread);
    whole.put("route", route);
    whole.set("error", error(thrown));
    parts.forEach((name, part) -> whole.set(name, told(part)));
    StringBuilder why = new StringBuilder();
    for (Path folder : folders) {
      try {
        return write(folder.toAbsolutePath().normalize(), whole).toString();
      } catch (IOException | RuntimeException e) {
        why.append("; ").append(e);
      }
    }
    return "could not be written" + why;
  }

  /** One part that fails leaves the others. */
  private static JsonNode told(Supplier<JsonNode> part) {
    try {
      return part.get();
    } catch (RuntimeException | LinkageError e) {
      return NODES.textNode("not known: " + e.getClass().getName());
    }
  }

  private static Path write(Path folder, ObjectNode whole) throws IOException {
    Files.createDirectories(folder);
    Path file =
        folder.resolve(
            "ingest-%s-%d.json"
                .formatted(
                    whole.path("at").asText().replaceAll("[:.]", "-"), whole.path("pid").asLong()));
    boolean posix = Files.getFileStore(folder).supportsFileAttributeView("posix");
    if (posix) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.write(file, JSON.writeValueAsBytes(whole));
    return file;
  }

  private static ArrayNode error(Throwable thrown) {
    ArrayNode causes = NODES.arrayNode();
    Throwable cause = thrown;
    for (int depth = 0; cause != null && depth < 20; depth++, cause = cause.getCause()) {
      ObjectNode told = causes.addObject();
      told.put("type", cause.getClass().getName());
      told.set("at", frames(cause.getStackTrace()));
    }
    return causes;
  }

  private static JsonNode routes(CamelContext camel) {
    ArrayNode routes = NODES.arrayNode();
    for (Route route : camel.getRoutes()) {
      ObjectNode told = routes.addObject();
      told.put("id", route.getRouteId());
      told.put(
          "status", String.valueOf(camel.getRouteController().getRouteStatus(route.getRouteId())));
      told.put("inflight", camel.getInflightRepository().size(route.getRouteId()));
    }
    return routes;
  }

  private static JsonNode exchanges(CamelContext camel) {
    ArrayNode exchanges = NODES.arrayNode();
    for (InflightExchange inflight : camel.getInflightRepository().browse(MOST, true)) {
      ObjectNode told = exchanges.addObject();
      told.put("id", inflight.getExchange().getExchangeId());
      told.put("from", inflight.getFromRouteId());
      told.put("at", inflight.getAtRouteId());
      told.put("step", inflight.getNodeId());
      told.put("ms", inflight.getDuration());
      PollRun run = PollRun.of(inflight.getExchange());
      if (run != null) {
        ObjectNode poll = told.putObject("poll");
        poll.put("poller", run.poller());
        poll.put("began", run.at().toString());
        poll.put("channels", run.channels());
        poll.put("pages", run.pages());
        poll.put("skipped", run.skipped());
      }
    }
    return exchanges;
  }

  private static JsonNode lanes(Collection<Lane> all) {
    ArrayNode lanes = NODES.arrayNode();
    for (Lane lane : all) {
      ObjectNode told = lanes.addObject();
      told.put("target", lane.target().name());
      told.put("broken", lane.doubtful());
      List<Long> waiting = lane.waitingChunks();
      told.put("waiting", waiting.size());
      ArrayNode chunks = told.putArray("waiting_chunks");
      waiting.stream().limit(MOST).forEach(chunks::add);
      ArrayNode batches = told.putArray("batches");
      lane.underWay().forEach(batch -> batches.add(batch(batch)));
    }
    return lanes;
  }

  private static ObjectNode batch(Batch batch) {
    ObjectNode told = NODES.objectNode();
    told.put("token", batch.token().toString());
    told.put("events", batch.events().size());
    ArrayNode chunks = told.putArray("chunks");
    for (Batch.ChunkClaim chunk : batch.chunks()) {
      chunks
          .addObject()
          .put("day", chunk.day().toString())
          .put("chunk", chunk.chunk())
          .put("claims", chunk.claims());
    }
    ArrayNode items = told.putArray("items");
    for (Batch.ItemClaim item : batch.items()) {
      items
          .addObject()
          .put("event", EventId.text(item.eventId()))
          .put("claims", item.claims())
          .put("attempts", item.attempts());
    }
    return told;
  }

  private static JsonNode threads() {
    ArrayNode threads = NODES.arrayNode();
    List<Map.Entry<Thread, StackTraceElement[]>> all =
        new ArrayList<>(Thread.getAllStackTraces().entrySet());
    all.sort(Map.Entry.comparingByKey((a, b) -> a.getName().compareTo(b.getName())));
    for (Map.Entry<Thread, StackTraceElement[]> thread : all) {
      ObjectNode told = threads.addObject();
      told.put("name", thread.getKey().getName());
      told.put("state", thread.getKey().getState().name());
      told.set("at", frames(thread.getValue()));
    }
    return threads;
  }

  private static ArrayNode frames(StackTraceElement[] stack) {
    ArrayNode frames = NODES.arrayNode();
    for (int i = 0; i < Math.min(stack.length, FRAMES); i++) {
      frames.add(stack[i].toString());
    }
    return frames;
  }

  private static ArrayNode words(List<String> all) {
    ArrayNode words = NODES.arrayNode();
    all.forEach(words::add);
    return words;
  }
}
