package ingest.bench;

import ingest.channel.ChannelMetrics;
import ingest.channel.ChannelState;
import ingest.envelope.EventTypes;
import ingest.outbox.State;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A stage of the way of an event and its races. */
enum Section {
  COMMIT("events of 1 KiB for " + OutboxCommits.TARGETS + " targets, from envelope to commit") {
    @Override
    List<Race> races(Lab lab, Server server, Path folder, Events source, Plan plan)
        throws Exception {
      Dm dm = lab.open(() -> Dm.open(server));
      EventTypes types = EventTypes.load(Path.of("routes"));
      List<Race> races = new ArrayList<>();
      for (int group : new int[] {1, 50, 500}) {
        int all = plan.events(40_000);
        int events = group == 1 ? Plan.part(all, 10) : all;
        var envelopes = source.events(0, events);
        OutboxCommits outbox = new OutboxCommits(dm, envelopes, group, types, State.NONE);
        races.add(
            new Race(
                "commit by " + group,
                server,
                new InsertLimit(dm, envelopes, group),
                List.of(outbox)));
      }
      return races;
    }
  },

  UPSERT(
      "pages of %d channels that are known, a transaction each; an event is a channel that is seen"
          .formatted(Pages.PAGE)) {
    @Override
    List<Race> races(Lab lab, Server server, Path folder, Events source, Plan plan)
        throws Exception {
      Dm dm = lab.open(() -> Dm.open(server));
      Known known = new Known(dm, plan.channels());
      int all = plan.events(50_000);
      List<Race> races = new ArrayList<>();
      for (Pages.Case seen : Pages.Case.values()) {
        int events = seen == Pages.Case.RENAMED ? Plan.part(all, 5) : all;
        Pages pages = new Pages(seen, known.channels(), events, Instant.now());
        races.add(
            new Race(
                "upsert, " + seen.name().toLowerCase(Locale.ROOT),
                server,
                new ChannelLimit(known, pages),
                List.of(new ChannelUpserts(known, pages))));
      }
      EventTypes types = EventTypes.load(Path.of("routes"));
      ChannelMetrics metrics = new ChannelMetrics(new SimpleMeterRegistry());
      var polled = source.events(0, Plan.part(all, 2));
      races.add(
          new Race(
              "commit of pages of polls",
              server,
              new PageCommits(known, polled, types, State.NONE, "outbox commit, events alone"),
              List.of(
                  new PageCommits(
                      known,
                      polled,
                      types,
                      new ChannelState(dm.database(), types, metrics),
                      "outbox commit, with what dm keeps"))));
      return races;
    }
  },

  WEBHOOKS(
      "calls of %d clients with bodies of 1 KiB, signed by HMAC, each committed before its answer"
          .formatted(HookCalls.CONNECTIONS)) {
    @Override
    List<Race> races(Lab lab, Server server, Path folder, Events source, Plan plan)
        throws Exception {
      int calls = plan.events(40_000);
      HookServer hooks = lab.open(() -> new HookServer(server, folder));
      HookCalls committed = HookCalls.committed(hooks, calls);
      HookCalls nothing = HookCalls.answered(hooks, calls);
      committed.warm(WARM_ROUNDS);
      nothing.warm(1);
      return List.of(
          new Race(
              "to one commit per request",
              server,
              new SingleCommits(hooks.dm, calls),
              List.of(committed)),
          new Race(
              "to the same server", server, nothing, List.of(HookCalls.committed(hooks, calls))));
    }
  },

  DELIVER("events of 1 KiB to one target by HTTP, each durably settled") {
    @Override
    List<Race> races(Lab lab, Server server, Path folder, Events source, Plan plan)
        throws Exception {
      int all = plan.events(100_000);
      int few = Plan.part(all, 20);
      Dm claimed = lab.open(() -> Dm.open(server));
      Dm owned = lab.open(() -> Dm.open(server));
      Backlog backlog = new Backlog(claimed, all);
      backlog.fill(source);
      Vertx vertx = lab.open(SharedVertx::new).vertx();
      CheapReceiver sink = lab.open(CheapReceiver::new);
      RealReceiver consumer = lab.open(() -> new RealReceiver(server, source, folder));
      UpdateLimit limit = new UpdateLimit(claimed, plan.limitRows());
      int batch = Backlog.CHUNK;
      return List.of(
          new Race(
              "deliver to a sink",
              server,
              limit,
              List.of(
                  new ClaimedDeliveries(backlog, vertx, sink, batch, all),
                  new OwnedDeliveries(owned, vertx, sink, source, batch, Plan.part(all, 2)),
                  new ClaimedDeliveries(backlog, vertx, sink, 1, few),
                  new OwnedDeliveries(owned, vertx, sink, source, 1, few))),
          new Race(
              "deliver to the consumer",
              server,
              limit,
              List.of(new ClaimedDeliveries(backlog, vertx, consumer, batch, Plan.part(all, 4)))));
    }
  },

  CONSUME(
      "batches of %d over %,d channels, dedupe and projection in one transaction"
          .formatted(Bodies.BATCH, Events.SUBJECTS)) {
    @Override
    List<Race> races(Lab lab, Server server, Path folder, Events source, Plan plan)
        throws Exception {
      int events = plan.events(50_000);
      Bodies bodies = Bodies.of(source, events);
      Environment environment = lab.open(() -> Environment.open(server));
      RealReceiver consumer = lab.open(() -> new RealReceiver(server, source, folder));
      return List.of(
          new Race(
              "consume by " + Bodies.BATCH,
              server,
              new UpsertLimit(environment, Bodies.batches(source, events)),
              List.of(new DirectConsume(environment, bodies), new HttpConsume(consumer, bodies))));
    }
  };

  /** Of 40,000 calls: until the compiler of the server has no more to do. */
  private static final int WARM_ROUNDS = 4;

  private final String about;

  Section(String about) {
    this.about = about;
  }

  /** What is measured, in a line. */
  String about() {
    return about;
  }

  /** Sets everything up; what has to be closed is the lab's. */
  abstract List<Race> races(Lab lab, Server server, Path folder, Events source, Plan plan)
      throws Exception;
}
