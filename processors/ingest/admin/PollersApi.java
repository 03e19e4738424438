package ingest.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.operation.Actor;
import ingest.operation.Audit;
import ingest.poll.Lag;
import ingest.poll.PollRun;
import ingest.poll.Pollers;
import ingest.poll.Switches;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.quartz.SchedulerException;

/** {@code /admin/pollers}: list, pause, resume, run once. */
public final class PollersApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> ACTIONS = List.of("pause", "resume", "run");
  private static final Duration LONGEST_RUN = Duration.ofSeconds(55);

  private final Pollers pollers;
  private final Switches switches;
  private final List<Lag> lags;
  private final Audit audit;

  /** {@code lags}: of the pollers that know how far they are behind. */
  public PollersApi(Pollers pollers, Switches switches, List<Lag> lags, Audit audit) {
    this.pollers = pollers;
    this.switches = switches;
    this.lags = List.copyOf(lags);
    this.audit = audit;
  }

  public String list() throws SQLException, SchedulerException {
    ArrayNode all = JSON.createArrayNode();
    for (String name : pollers.names()) {
      all.add(poller(name));
    }
    return all.toString();
  }

  public String act(
      @Header("name") String name,
      @Header("action") String action,
      @Header(Actor.HOLDER) @Nullable String holder,
      @Body String body)
      throws SQLException, SchedulerException, InterruptedException {
    if (!pollers.names().contains(name)) {
      throw new AdminRefusal(
          404, "no poller %s; there are: %s".formatted(name, String.join(", ", pollers.names())));
    }
    if (!ACTIONS.contains(action)) {
      throw new AdminRefusal(404, "no action " + action + "; pause, resume or run");
    }
    Actor actor = Actor.of(holder, Requests.object(body));
    audit.record(actor, "poller." + action, JSON.createObjectNode().put("poller", name));
    switch (action) {
      case "pause" -> switches.set(Pollers.key(name), "false", actor.who(), actor.why());
      case "resume" -> switches.clear(Pollers.key(name));
      default -> {
        if (pollers.run(name, LONGEST_RUN) == null) {
          throw new AdminRefusal(504, "the run of " + name + " goes on");
        }
      }
    }
    return poller(name).toString();
  }

  private ObjectNode poller(String name) throws SQLException, SchedulerException {
    String key = Pollers.key(name);
    ObjectNode poller = JSON.createObjectNode();
    poller.put("name", name);
    poller.put("schedule", pollers.schedule(name));
    String lacks = switches.lacks(name);
    poller.put("on", lacks == null && switches.on(key));
    poller.put("lacks", lacks);
    poller.set(
        "override",
        switches.overrides().stream()
            .filter(s -> s.name().equals(key))
            .findFirst()
            .map(PollersApi::override)
            .orElse(null));
    PollRun last = pollers.lastRun(name);
    poller.set("last_run", last == null ? null : run(last));
    Instant next = pollers.nextRun(name);
    poller.put("next_run", next == null ? null : next.toString());
    for (Lag lag : lags) {
      if (lag.poller().equals(name)) {
        ObjectNode behind = poller.putObject("behind");
        for (Lag.Behind of : lag.behind()) {
          behind.putObject(of.name()).put("due", of.due()).put("seconds", of.seconds());
        }
      }
    }
    return poller;
  }

  private static ObjectNode run(PollRun run) {
    return JSON.createObjectNode()
        .put("at", run.at().toString())
        .put("seconds", run.seconds())
        .put("channels", run.channels())
        .put("events", run.events())
        .put("new", run.fresh())
        .put("skipped_pages", run.skipped())
        .put("ended_early", run.refusal());
  }

  static ObjectNode override(Switches.Setting setting) {
    return JSON.createObjectNode()
        .put("value", setting.value())
        .put("who", setting.who())
        .put("at", setting.at().toInstant().toString())
        .put("why", setting.why())
        .put(
            "until",
            setting.until() == null
                ? null
                : Objects.requireNonNull(setting.until()).toInstant().toString());
  }
}
