package ingest;

import ingest.admin.AdminGuard;
import ingest.admin.AdminTokens;
import ingest.admin.AuditApi;
import ingest.admin.BalanceApi;
import ingest.admin.EmitApi;
import ingest.admin.EraseApi;
import ingest.admin.LettersApi;
import ingest.admin.ManagementHttp;
import ingest.admin.OperationsApi;
import ingest.admin.PollersApi;
import ingest.admin.RebuildsApi;
import ingest.admin.RefeedApi;
import ingest.admin.ReplaysApi;
import ingest.admin.StatusReport;
import ingest.admin.StoreStatus;
import ingest.admin.TailApi;
import ingest.admin.TargetsApi;
import ingest.admin.UpstreamStatus;
import ingest.admin.WhereApi;
import ingest.balance.Balance;
import ingest.balance.BalanceMetrics;
import ingest.balance.Hours;
import ingest.balance.Mend;
import ingest.balance.Where;
import ingest.channel.ChannelMetrics;
import ingest.channel.ChannelNumbers;
import ingest.channel.ChannelState;
import ingest.channel.LiveChannels;
import ingest.claim.ClaimMetrics;
import ingest.claim.InternalClaims;
import ingest.claim.VerifyClaim;
import ingest.consumer.Consumer;
import ingest.consumer.ConsumerMetrics;
import ingest.consumer.EnvDatabase;
import ingest.consumer.InternalEvents;
import ingest.consumer.InternalRebuilds;
import ingest.consumer.ProcessedEvents;
import ingest.consumer.ProcessedRetention;
import ingest.consumer.ProjectedRows;
import ingest.consumer.Rebuilds;
import ingest.consumer.VerifyDelivery;
import ingest.delivery.BacklogMetrics;
import ingest.delivery.Backoff;
import ingest.delivery.Claims;
import ingest.delivery.ClickHouseSender;
import ingest.delivery.Counts;
import ingest.delivery.DeliveryMetrics;
import ingest.delivery.Digests;
import ingest.delivery.HttpSender;
import ingest.delivery.Lane;
import ingest.delivery.LaneComponent;
import ingest.delivery.Lanes;
import ingest.delivery.Posting;
import ingest.delivery.SettleStep;
import ingest.delivery.Settlement;
import ingest.delivery.SignedCall;
import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.delivery.clickhouse.TelemetryRows;
import ingest.envelope.EventTypes;
import ingest.erasure.ChatObjects;
import ingest.erasure.Erase;
import ingest.erasure.ErasedState;
import ingest.erasure.Erasures;
import ingest.errors.Refusals;
import ingest.export.ChatBucket;
import ingest.export.ChatExport;
import ingest.export.ChatExportLag;
import ingest.http.Bounds;
import ingest.http.PublicHttp;
import ingest.jmx.Beans;
import ingest.jmx.Deeds;
import ingest.jmx.JmxHttp;
import ingest.jmx.OperationsBean;
import ingest.kick.ProbeLag;
import ingest.kick.SubscriptionCounts;
import ingest.kick.SubscriptionRules;
import ingest.letter.Abandon;
import ingest.letter.LetterMetrics;
import ingest.letter.Letters;
import ingest.letter.Previews;
import ingest.letter.Requeue;
import ingest.maintenance.DiskHorizon;
import ingest.maintenance.EventKeys;
import ingest.maintenance.Horizons;
import ingest.maintenance.MaintenanceMetrics;
import ingest.maintenance.OldDays;
import ingest.maintenance.TooOld;
import ingest.operation.Audit;
import ingest.operation.OperationMetrics;
import ingest.operation.Operations;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxCommit;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.Partitions;
import ingest.outbox.SharedCommits;
import ingest.outbox.State;
import ingest.outbox.Tail;
import ingest.outbox.WakeUp;
import ingest.poll.Pollers;
import ingest.poll.Switches;
import ingest.projection.Projector;
import ingest.rebuild.Rebuild;
import ingest.rebuild.RebuildOrders;
import ingest.replay.LiveTraffic;
import ingest.replay.RawEvents;
import ingest.replay.Replay;
import ingest.replay.ReplayRuns;
import ingest.replay.Replays;
import ingest.scraperapi.JobsOver;
import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import ingest.store.PostgresPool;
import ingest.upstream.BoundedAnswers;
import ingest.upstream.Limits;
import ingest.upstream.Permits;
import ingest.upstream.SharedPermits;
import ingest.upstream.UpstreamMetrics;
import ingest.webhook.Refeed;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.Service;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.spi.Registry;
import org.apache.camel.support.scan.DefaultPackageScanClassResolver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Makes what the roles of a process need and binds it under the names that routes use. The order of
 * the methods is the way of an event.
 */
final class Wiring implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);

  /** Whose streams somebody tells of. */
  private static final List<String> LIVE_PLATFORMS = List.of("kick");

  private final Settings settings;
  private final Set<Role> roles;
  private final Duration drain;
  private final Clock clock = Clock.systemUTC();
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** What is closed after the routes have stopped, the latest first. */
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  private @Nullable Targets targets;
  private @Nullable Pollers pollers;
  private @Nullable Permits permits;
  private @Nullable OldDays oldDays;
  private @Nullable DiskHorizon diskHorizon;
  private @Nullable S3Client chatBucket;
  private @Nullable LaneComponent laneComponent;
  private final Beans beans = new Beans();

  /** A role without the dm database has its log. */
  private Deeds deeds =
      (actor, action, what) -> LOG.info("{} wants {}: {}", actor.who(), action, what);

  private Collection<Lane> lanesHere = List.of();

  /** Keys that were read to make something. */
  private final Set<String> held = ConcurrentHashMap.newKeySet();

  private final Settings live;
  private final Map<String, Supplier<Component>> components = new HashMap<>();
  private @Nullable Switches switches;
  private @Nullable EventTypes types;
  private @Nullable OutboxMetrics outboxMetrics;
  private @Nullable PublicHttp publicHttp;

  /** {@code drain}: how long a stop may take. */
  Wiring(Settings settings, Set<Role> roles, Duration drain) {
    this.settings = settings.telling(held::add);
    this.live = settings;
    this.roles = roles;
    this.drain = drain;
  }

  /** {@code errors} is told what nobody caught on a thread of Vert.x. */
  void wire(CamelContext camel, java.util.function.Consumer<Throwable> errors) {
    Registry registry = camel.getRegistry();
    RouteBean.METRICS_REGISTRY.bind(registry, meters);
    Vertx vertx = Vertx.vertx();
    vertx.exceptionHandler(errors::accept);
    open.push(() -> vertx.close().toCompletionStage().toCompletableFuture().join());
    RouteBean.VERTX.bind(registry, vertx);
    PublicHttp door =
        new PublicHttp(vertx, settings.port("http.port"), Bounds.of(settings), meters);
    open.push(door);
    camel.addComponent("platform-http", door.component());
    publicHttp = door;
    RouteBean.REFUSALS.bind(registry, new Refusals());
    if (roles.contains(Role.INGEST) || roles.contains(Role.WEBHOOKS)) {
      try {
        wireOutbox(camel, vertx);
      } catch (SQLException e) {
        throw notReady("dm.database-url", e);
      }
    }
    if (roles.contains(Role.ENV)) {
      try {
        wireConsumer(camel);
      } catch (SQLException e) {
        throw notReady("database.url", e);
      }
    }
  }

  private static SettingException notReady(String key, SQLException e) {
    return new SettingException(
        "%s: the store is not ready: %s; has bin/ingest migrate been run?"
            .formatted(
                Settings.variable(key),
                String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
  }

  private void wireOutbox(CamelContext camel, Vertx vertx) throws SQLException {
    DmDatabase dm = DmDatabase.open(settings);
    open.push(dm);
    RouteBean.DM.bind(camel.getRegistry(), dm.pool());
    deeds = new Audit(dm)::record;
    watch(camel, "dm", dm.pool());
    EventTypes types = types();
    OutboxMetrics metrics = new OutboxMetrics(meters, types);
    outboxMetrics = metrics;
    Partitions partitions = new Partitions(dm);
    partitions.make();
    RouteBean.PARTITIONS.bind(camel.getRegistry(), partitions);
    WakeUp wakeUp = new WakeUp(dm);
    open.push(wakeUp);
    Duration lease = settings.duration("deliver.lease");
    Duration timeout = settings.duration("deliver.timeout");
    Claims claims = new Claims(dm, lease, timeout.plus(lease.dividedBy(10)));
    List<Target> all = roles.contains(Role.INGEST) ? allTargets() : List.of();
    Lanes lanes = new Lanes(all, claims);
    lanesHere = lanes.all();
    ChannelMetrics channelMetrics = new ChannelMetrics(meters);
    RouteBean.CHANNEL_METRICS.bind(camel.getRegistry(), channelMetrics);
    State state =
        new ChannelState(dm, types, channelMetrics).and(new JobsOver()).and(new ErasedState(dm));
    Outbox outbox =
        new Outbox(dm, state, types, all.isEmpty() ? Owners.NONE : lanes, wakeUp, metrics, lease);
    SharedCommits shared =
        new SharedCommits(outbox, metrics, settings.number("outbox.queue", 1, 100_000));
    open.push(shared);
    RouteBean.OUTBOX_COMMIT.bind(camel.getRegistry(), new OutboxCommit(outbox, shared));
    Upstreams.bindMapping(camel.getRegistry(), types, clock);
    if (roles.contains(Role.WEBHOOKS)) {
      wireWebhooks(camel, types);
    }
    if (roles.contains(Role.INGEST)) {
      Switches switches = new Switches(dm, live);
      this.switches = switches;
      wirePollers(camel, dm, switches);
      wireDelivery(camel, vertx, dm, lanes, all, wakeUp, timeout);
      if (StartChecks.archive(settings)) {
        wireExport(camel, dm);
      }
      wireClaims(camel, all, types, channelMetrics);
      wireMaintenance(camel, dm, all);
      wireAdmin(camel, dm, switches, all, outbox, types, wakeUp);
    }
  }

  private void wireMaintenance(CamelContext camel, DmDatabase dm, List<Target> all) {
    Registry registry = camel.getRegistry();
    Horizons horizons = Horizons.of(settings);
    ClickHouse archive =
        StartChecks.archive(settings) ? new ClickHouse(settings.text("clickhouse.url")) : null;
    MaintenanceMetrics metrics =
        new MaintenanceMetrics(
            meters, dm, all.stream().map(Target::name).toList(), horizons.outbox());
    OldDays days = new OldDays(dm, archive, horizons.outbox(), metrics);
    DiskHorizon disk =
        new DiskHorizon(
            meters,
            dm,
            archive,
            Map.of(
                "dm", settings.number("disk.budget.dm", 0, 1_000_000),
                "clickhouse", settings.number("disk.budget.clickhouse", 0, 1_000_000)));
    oldDays = days;
    diskHorizon = disk;
    RouteBean.TOO_OLD.bind(registry, new TooOld(dm, horizons.park(), metrics));
    RouteBean.OLD_DAYS.bind(registry, days);
    RouteBean.EVENT_KEYS.bind(registry, new EventKeys(dm, horizons.intake()));
    RouteBean.DISK_HORIZON.bind(registry, disk);
  }

  private void wireWebhooks(CamelContext camel, EventTypes types) {
    ClickHouse audit =
        StartChecks.archive(settings)
            ? settings.find("clickhouse.url").map(ClickHouse::new).orElse(null)
            : null;
    open.push(Webhooks.bind(camel, settings, types, audit, clock, meters));
  }

  /** One for all roles of the process. */
  private EventTypes types() {
    EventTypes known = types;
    if (known == null) {
      known = EventTypes.load(Path.of("routes"));
      types = known;
    }
    return known;
  }

  private List<Target> allTargets() {
    List<Target> all = new ArrayList<>(Target.configured(settings));
    if (StartChecks.archive(settings)) {
      all.add(Target.clickhouse());
    }
    return all;
  }

  private void wirePollers(CamelContext camel, DmDatabase dm, Switches switches) {
    Registry registry = camel.getRegistry();
    Pollers polling = new Pollers(camel, switches, dm, meters, clock);
    pollers = polling;
    RouteBean.POLLERS.bind(registry, polling);
    Map<String, Limits> limits = Limits.of(settings);
    UpstreamMetrics metrics = new UpstreamMetrics(meters, limits);
    Permits shared = new SharedPermits(dm, limits, metrics);
    permits = shared;
    metrics.watch(shared, limits);
    new BoundedAnswers(settings.number("upstream.max-answer", 1024, 1 << 28)).install(camel);
    Upstreams.bind(camel, settings, types(), clock, shared, meters);
    new SubscriptionCounts(meters, dm, SubscriptionRules.of(settings));
  }

  private void wireDelivery(
      CamelContext camel,
      Vertx vertx,
      DmDatabase dm,
      Lanes lanes,
      List<Target> all,
      WakeUp wakeUp,
      Duration timeout)
      throws SQLException {
    Registry registry = camel.getRegistry();
    Targets rows = new Targets(dm);
    targets = rows;
    rows.configure(
        all.stream().filter(t -> t.kind().equals(Target.HTTP)).toList(),
        settings.text("target.initial-mode"));
    rows.archive(StartChecks.archive(settings));
    DeliveryMetrics metrics = new DeliveryMetrics(meters, all);
    metrics.watch(meters, lanes);
    Settlement settlement = new Settlement(dm, new Backoff());
    Duration patience = drain.multipliedBy(3).dividedBy(5);
    component(camel, "lane", () -> new LaneComponent(lanes, settlement, wakeUp, patience));
    laneComponent = camel.getComponent("lane", LaneComponent.class);
    HttpSender http = new HttpSender(vertx, lanes, timeout, metrics);
    open.push(http);
    RouteBean.HTTP_SENDER.bind(registry, http);
    if (StartChecks.archive(settings)) {
      Map<String, List<TelemetryRows>> telemetry =
          found(TelemetryRows.class, "ingest.delivery.clickhouse").stream()
              .collect(Collectors.groupingBy(TelemetryRows::type));
      RouteBean.CLICKHOUSE_SENDER.bind(
          registry,
          new ClickHouseSender(
              new ClickHouse(settings.text("clickhouse.url")),
              telemetry,
              new ChannelNumbers(dm),
              metrics));
    }
    RouteBean.SETTLE_STEP.bind(registry, new SettleStep(settlement, lanes, metrics));
  }

  private void wireExport(CamelContext camel, DmDatabase dm) {
    Registry registry = camel.getRegistry();
    RouteBean.CHAT_EXPORT.bind(
        registry,
        new ChatExport(
            new ClickHouse(settings.text("clickhouse.url")),
            settings.duration("export.chat.settle"),
            meters));
    new ChatExportLag(meters, dm);
    S3Client bucket = ChatBucket.open(settings);
    if (bucket != null) {
      chatBucket = bucket;
      open.push(bucket);
      RouteBean.CHAT_BUCKET.bind(registry, bucket);
    }
  }

  private void wireClaims(
      CamelContext camel, List<Target> all, EventTypes types, ChannelMetrics channels) {
    List<Target> environments = all.stream().filter(t -> t.kind().equals(Target.HTTP)).toList();
    ClaimMetrics metrics =
        new ClaimMetrics(meters, environments.stream().map(Target::name).toList());
    RouteBean.VERIFY_CLAIM.bind(camel.getRegistry(), new VerifyClaim(environments, metrics, clock));
    RouteBean.INTERNAL_CLAIMS.bind(
        camel.getRegistry(), new InternalClaims(types, channels, metrics, clock));
  }

  private void wireConsumer(CamelContext camel) throws SQLException {
    EnvDatabase env = new EnvDatabase(PostgresPool.environment(settings));
    open.push(env);
    watch(camel, "env", env.pool());
    ProcessedEvents processed = new ProcessedEvents(env);
    processed.makePartitions();
    List<Projector<?>> projectors = projectors();
    Consumer consumer = new Consumer(env, projectors, settings.list("consume.declines"), types());
    RouteBean.PROCESSED_EVENTS.bind(camel.getRegistry(), processed);
    shown(camel, processed);
    RouteBean.PROCESSED_RETENTION.bind(
        camel.getRegistry(), new ProcessedRetention(env, Horizons.of(settings).consumer()));
    RouteBean.INTERNAL_EVENTS.bind(
        camel.getRegistry(), new InternalEvents(consumer, processed, new ConsumerMetrics(meters)));
    RouteBean.PROJECTED_ROWS.bind(camel.getRegistry(), new ProjectedRows(env, projectors()));
    RouteBean.INTERNAL_REBUILDS.bind(
        camel.getRegistry(), new InternalRebuilds(new Rebuilds(env, projectors)));
    RouteBean.VERIFY_DELIVERY.bind(
        camel.getRegistry(),
        new VerifyDelivery(Target.secrets("ingest.delivery-secret", settings), clock));
  }

  /** Among Camel's services in JMX. */
  private static void shown(CamelContext camel, Service service) {
    try {
      camel.addService(service);
    } catch (Exception e) {
      throw new IllegalStateException("adding " + service, e);
    }
  }

  static List<Projector<?>> projectors() {
    List<Projector<?>> projectors = new ArrayList<>();
    found(Projector.class, "ingest.projection").forEach(projectors::add);
    return projectors;
  }

  private void wireAdmin(
      CamelContext camel,
      DmDatabase dm,
      Switches switches,
      List<Target> all,
      Outbox outbox,
      EventTypes types,
      WakeUp wakeUp) {
    Registry registry = camel.getRegistry();
    int port = settings.port("management.port");
    AdminGuard guard = new AdminGuard(new AdminTokens(settings));
    component(camel, "management", () -> ManagementHttp.component(port, guard));
    Audit audit = new Audit(dm);
    Operations operations =
        new Operations(
            camel, dm, new OperationMetrics(meters, dm), settings.duration("operations.lease"));
    RouteBean.OPERATIONS.bind(registry, operations);
    OperationsApi operationsApi = new OperationsApi(operations);
    RouteBean.OPERATIONS_API.bind(registry, operationsApi);
    RouteBean.AUDIT_API.bind(registry, new AuditApi(audit));
    BalanceApi balance = wireBalance(registry, dm, all, outbox, operations);
    wireReplay(camel, dm, operations, all, types);
    wireLetters(registry, dm, all, operations, wakeUp);
    RouteBean.TAIL_API.bind(registry, new TailApi(new Tail(dm), types, clock));
    wireRebuild(camel, dm, operations, audit, all, types);
    Counts counts = new Counts(dm);
    new BacklogMetrics(meters, counts, all);
    new LiveChannels(meters, dm, LIVE_PLATFORMS);
    ClickHouse clickHouse =
        StartChecks.archive(settings) ? new ClickHouse(settings.text("clickhouse.url")) : null;
    RouteBean.STATUS_REPORT.bind(
        registry,
        new StatusReport(
            counts,
            switches,
            all,
            clickHouse,
            new Digests(),
            List.of(
                new UpstreamStatus(Objects.requireNonNull(permits), Limits.of(settings)),
                new StoreStatus(
                    Objects.requireNonNull(oldDays), Objects.requireNonNull(diskHorizon)),
                balance)));
    RouteBean.POLLERS_API.bind(
        registry, new PollersApi(polling(), switches, List.of(new ProbeLag(meters, dm)), audit));
    Targets rows = new Targets(dm);
    TargetsApi targetsApi = new TargetsApi(rows, wakeUp, audit);
    RouteBean.TARGETS_API.bind(registry, targetsApi);
    RouteBean.EMIT_API.bind(registry, new EmitApi(outbox, types, clock, audit));
    Refeed refeed =
        clickHouse == null
            ? null
            : new Refeed(
                clickHouse, dm, outbox, Webhooks.mapping(types, settings), Webhooks.senders());
    RouteBean.REFEED_API.bind(registry, new RefeedApi(refeed, clock, audit));
    RouteBean.ERASE.bind(
        registry, new Erase(dm, operations, clickHouse, chatObjects(), outbox, types));
    RouteBean.ERASE_API.bind(registry, new EraseApi(new Erasures(dm)));
    beans
        .targets(lanesHere, rows, counts, targetsApi)
        .upstreams(Limits.of(settings).keySet(), Objects.requireNonNull(permits))
        .operations(operationsApi, beginnings(registry));
  }

  /** By kind: the POST of the admin API that begins it. */
  private static Map<String, OperationsBean.Beginning> beginnings(Registry registry) {
    LettersApi letters = registry.findSingleByType(LettersApi.class);
    return Map.of(
        "replay", registry.findSingleByType(ReplaysApi.class)::begin,
        "requeue", letters::requeue,
        "abandon", letters::abandon,
        "mend", registry.findSingleByType(BalanceApi.class)::mend,
        "rebuild", registry.findSingleByType(RebuildsApi.class)::begin,
        "erase", registry.findSingleByType(EraseApi.class)::begin);
  }

  /** Where chat was exported to. */
  private ChatObjects chatObjects() {
    S3Client bucket = chatBucket;
    return bucket == null
        ? ChatObjects.in(Path.of(settings.text("data.dir"), "chat-export"))
        : ChatObjects.in(
            bucket,
            settings.text("export.chat.bucket"),
            settings.find("export.chat.prefix").orElse(""));
  }

  private BalanceApi wireBalance(
      Registry registry, DmDatabase dm, List<Target> all, Outbox outbox, Operations operations) {
    ClickHouse archive =
        StartChecks.archive(settings) ? new ClickHouse(settings.text("clickhouse.url")) : null;
    Duration keys = Horizons.of(settings).intake();
    List<String> names = all.stream().map(Target::name).toList();
    Hours hours = new Hours(dm, keys, settings.duration("balance.settle"));
    Balance balance = Balance.of(dm, archive, all, keys, hours, clock);
    new BalanceMetrics(meters, dm, names);
    BalanceApi api = new BalanceApi(balance, hours, new Counts(dm), operations, names, keys, clock);
    RouteBean.BALANCE.bind(registry, balance);
    RouteBean.BALANCE_HOURS.bind(registry, hours);
    RouteBean.MEND.bind(
        registry, new Mend(balance, hours, dm, archive, outbox, all, operations, clock));
    RouteBean.BALANCE_API.bind(registry, api);
    RouteBean.WHERE_API.bind(registry, new WhereApi(new Where(dm, archive, all, clock)));
    return api;
  }

  private void wireReplay(
      CamelContext camel,
      DmDatabase dm,
      Operations operations,
      List<Target> all,
      EventTypes types) {
    Registry registry = camel.getRegistry();
    LiveTraffic live = new LiveTraffic(dm);
    RawEvents archive =
        StartChecks.archive(settings)
            ? new RawEvents(new ClickHouse(settings.text("clickhouse.url")))
            : null;
    if (archive != null) {
      Posting posting =
          new Posting(
              Objects.requireNonNull(registry.findSingleByType(Vertx.class)),
              settings.duration("deliver.timeout"));
      open.push(posting);
      RouteBean.REPLAY.bind(
          registry,
          new Replay(
              archive,
              live,
              posting,
              types,
              all,
              settings.duration("replay.patience"),
              operations,
              settings.duration("operations.lease")));
    }
    RouteBean.REPLAYS_API.bind(
        registry,
        new ReplaysApi(
            new Replays(
                operations, archive, live, types, all, settings.list("replay.guarded"), clock),
            new ReplayRuns(dm)));
  }

  private void wireLetters(
      Registry registry, DmDatabase dm, List<Target> all, Operations operations, WakeUp wakeUp) {
    Letters letters = new Letters(dm);
    LetterMetrics metrics = new LetterMetrics(meters, all.stream().map(Target::name).toList());
    RouteBean.LETTERS_API.bind(
        registry, new LettersApi(letters, new Previews(dm, letters), new Targets(dm), operations));
    RouteBean.REQUEUE.bind(registry, new Requeue(dm, operations, wakeUp, metrics));
    RouteBean.ABANDON.bind(registry, new Abandon(dm, operations, metrics));
  }

  private void wireRebuild(
      CamelContext camel,
      DmDatabase dm,
      Operations operations,
      Audit audit,
      List<Target> all,
      EventTypes types) {
    Registry registry = camel.getRegistry();
    SignedCall calls = null;
    if (StartChecks.archive(settings)) {
      calls =
          new SignedCall(
              Objects.requireNonNull(registry.findSingleByType(Vertx.class)),
              settings.duration("operations.lease").multipliedBy(5).dividedBy(6));
      open.push(calls);
      RouteBean.REBUILD.bind(
          registry,
          new Rebuild(
              dm,
              new ClickHouse(settings.text("clickhouse.url")),
              calls,
              types,
              all,
              settings.duration("replay.patience"),
              clock));
    }
    RouteBean.REBUILDS_API.bind(
        registry,
        new RebuildsApi(
            new RebuildOrders(
                operations, audit, calls, all, settings.list("replay.guarded"), clock)));
  }

  private void component(CamelContext camel, String name, Supplier<Component> made) {
    camel.addComponent(name, made.get());
    components.put(name, made);
  }

  private Pollers polling() {
    return Objects.requireNonNull(pollers);
  }

  private static void watch(CamelContext camel, String name, DataSource store) {
    HealthCheckRegistry.get(camel).register(new StoreHealth(name, store));
  }

  /** Mappers and projectors are found by what they are, never listed. */
  static <T> List<T> found(Class<T> kind, String folder) {
    return new DefaultPackageScanClassResolver()
        .findImplementations(kind, folder).stream()
            .filter(c -> !c.isInterface())
            .sorted(Comparator.comparing(Class::getName))
            .map(c -> kind.cast(instance(c)))
            .toList();
  }

  private static Object instance(Class<?> type) {
    try {
      return type.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " has no public constructor without arguments", e);
    }
  }

  /** The public port; listens when the routes are there. */
  PublicHttp publicHttp() {
    return Objects.requireNonNull(publicHttp);
  }

  /** Our components, for a second context. */
  Map<String, Supplier<Component>> components() {
    return Map.copyOf(components);
  }

  /** True for a setting that something was made with. */
  boolean holds(String key) {
    return held.contains(Settings.canonical(key));
  }

  /** Hands on settings that are read anew each time. */
  void take(Settings fresh) {
    if (switches != null) {
      switches.defaults(fresh);
    }
  }

  /** Registers other types and returns those before. */
  EventTypes take(EventTypes fresh) {
    if (outboxMetrics != null) {
      outboxMetrics.register(fresh);
    }
    return types().replace(fresh);
  }

  /** Registers what can be known only when the routes are there, and anew when they changed. */
  void routesChanged() {
    if (pollers != null) {
      pollers.watch();
    }
  }

  /** Name and mode of each target; empty where this process delivers nothing. */
  List<String> targetModes() {
    if (targets == null) {
      return List.of();
    }
    try {
      return targets.all().stream().map(t -> t.name() + " " + t.mode()).toList();
    } catch (SQLException e) {
      return List.of("unknown: " + e.getMessage());
    }
  }

  /** None where this process delivers nothing. */
  Collection<Lane> lanes() {
    return lanesHere;
  }

  /** MBeans, and JMX over the management port's HTTP; called when the routes are there. */
  void manage(CamelContext camel, Router port) {
    beans.register(camel);
    JmxHttp jmx = new JmxHttp(deeds);
    open.push(jmx);
    jmx.mount(port, new AdminGuard(new AdminTokens(settings)));
  }

  /**
   * Nothing is claimed any more, and requests on their way have a part of the drain's time left.
   */
  void rest() {
    if (laneComponent != null) {
      laneComponent.rest();
    }
  }

  /** Leaves the stores; called after the routes have stopped. */
  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        LOG.warn("closing: {}", e.toString());
      }
    }
  }
}
