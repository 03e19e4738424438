package ingest;

import ingest.admin.AuditApi;
import ingest.admin.BalanceApi;
import ingest.admin.EmitApi;
import ingest.admin.EraseApi;
import ingest.admin.LettersApi;
import ingest.admin.OperationsApi;
import ingest.admin.PollersApi;
import ingest.admin.RebuildsApi;
import ingest.admin.RefeedApi;
import ingest.admin.ReplaysApi;
import ingest.admin.StatusReport;
import ingest.admin.TailApi;
import ingest.admin.TargetsApi;
import ingest.admin.WhereApi;
import ingest.balance.Balance;
import ingest.balance.Hours;
import ingest.balance.Mend;
import ingest.channel.ChannelMetrics;
import ingest.claim.InternalClaims;
import ingest.claim.VerifyClaim;
import ingest.consumer.InternalEvents;
import ingest.consumer.InternalRebuilds;
import ingest.consumer.ProcessedEvents;
import ingest.consumer.ProcessedRetention;
import ingest.consumer.ProjectedRows;
import ingest.consumer.VerifyDelivery;
import ingest.delivery.ClickHouseSender;
import ingest.delivery.HttpSender;
import ingest.delivery.SettleStep;
import ingest.erasure.Erase;
import ingest.errors.Refusals;
import ingest.export.ChatExport;
import ingest.kick.KickCredentials;
import ingest.kick.KickFollowers;
import ingest.kick.KickSubscriptions;
import ingest.kick.KickToken;
import ingest.kick.KickViewers;
import ingest.letter.Abandon;
import ingest.letter.Requeue;
import ingest.maintenance.DiskHorizon;
import ingest.maintenance.EventKeys;
import ingest.maintenance.OldDays;
import ingest.maintenance.TooOld;
import ingest.mapping.EnvelopeStep;
import ingest.mapping.Envelopes;
import ingest.mapping.MapperStep;
import ingest.operation.Operations;
import ingest.outbox.OutboxCommit;
import ingest.outbox.Partitions;
import ingest.poll.ChannelPages;
import ingest.poll.Pollers;
import ingest.rebuild.Rebuild;
import ingest.replay.Replay;
import ingest.scrape.ScrapeCalls;
import ingest.scrape.ScrapeDo;
import ingest.scraperapi.ScrapeJobs;
import ingest.scraperapi.ScraperApi;
import ingest.sheets.Sheets;
import ingest.trust.TrustScores;
import ingest.upstream.HeedAnswer;
import ingest.upstream.TakePermit;
import ingest.upstream.UpstreamManners;
import ingest.webhook.AnswerCall;
import ingest.webhook.AnswerChallenge;
import ingest.webhook.CallMapper;
import ingest.webhook.VerifyWebhook;
import ingest.x.XFollowers;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.apache.camel.spi.Registry;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * What routes may name, each with the class whose methods they may call. The wiring binds through
 * this list and {@code check} reads it, so a name is in both or in neither.
 */
public enum RouteBean {
  METRICS_REGISTRY("metricsRegistry", MeterRegistry.class),
  VERTX("vertx", Vertx.class),
  REFUSALS("refusals", Refusals.class),
  DM("dm", DataSource.class),
  PARTITIONS("partitions", Partitions.class),
  ENVELOPE("envelope", EnvelopeStep.class),
  ENVELOPES("envelopes", Envelopes.class),
  MAPPER("mapper", MapperStep.class),
  CHANNEL_METRICS("channelMetrics", ChannelMetrics.class),
  OUTBOX_COMMIT("outboxCommit", OutboxCommit.class),
  POLLERS("pollers", Pollers.class),
  CHANNEL_PAGES("channelPages", ChannelPages.class),
  PERMIT("permit", TakePermit.class),
  HEED_ANSWER("heedAnswer", HeedAnswer.class),
  KICK_TOKEN("kickToken", KickToken.class),
  KICK_SUBSCRIPTIONS("kickSubscriptions", KickSubscriptions.class),
  KICK_VIEWERS("kickViewers", KickViewers.class),
  KICK_FOLLOWERS("kickFollowers", KickFollowers.class),
  SCRAPE_CALLS("scrapeCalls", ScrapeCalls.class),
  SCRAPE_DO("scrapeDo", ScrapeDo.class),
  SCRAPER_API("scraperApi", ScraperApi.class),
  SCRAPE_JOBS("scrapeJobs", ScrapeJobs.class),
  KICK_CREDENTIALS("kickCredentials", KickCredentials.class),
  UPSTREAM_MANNERS("upstreamManners", UpstreamManners.class),
  TRUST_SCORES("trustScores", TrustScores.class),
  X_FOLLOWERS("xFollowers", XFollowers.class),
  SHEETS("sheets", Sheets.class),
  HTTP_SENDER("httpSender", HttpSender.class),
  CLICKHOUSE_SENDER("clickHouseSender", ClickHouseSender.class),
  CHAT_EXPORT("chatExport", ChatExport.class),
  CHAT_BUCKET("chatBucket", S3Client.class),
  SETTLE_STEP("settleStep", SettleStep.class),
  PROCESSED_EVENTS("processedEvents", ProcessedEvents.class),
  PROCESSED_RETENTION("processedRetention", ProcessedRetention.class),
  INTERNAL_EVENTS("internalEvents", InternalEvents.class),
  PROJECTED_ROWS("projectedRows", ProjectedRows.class),
  INTERNAL_REBUILDS("internalRebuilds", InternalRebuilds.class),
  VERIFY_DELIVERY("verifyDelivery", VerifyDelivery.class),
  VERIFY_CLAIM("verifyClaim", VerifyClaim.class),
  INTERNAL_CLAIMS("internalClaims", InternalClaims.class),
  VERIFY_KICK("verifyKick", VerifyWebhook.class),
  VERIFY_SUMSUB("verifySumsub", VerifyWebhook.class),
  VERIFY_X("verifyX", VerifyWebhook.class),
  VERIFY_RESEND("verifyResend", VerifyWebhook.class),
  VERIFY_SCRAPERAPI("verifyScraperApi", VerifyWebhook.class),
  X_CHALLENGE("xChallenge", AnswerChallenge.class),
  CALL_MAPPER("callMapper", CallMapper.class),
  ANSWER_CALL("answerCall", AnswerCall.class),
  STATUS_REPORT("statusReport", StatusReport.class),
  POLLERS_API("pollersApi", PollersApi.class),
  TARGETS_API("targetsApi", TargetsApi.class),
  EMIT_API("emitApi", EmitApi.class),
  REBUILD("rebuild", Rebuild.class),
  REBUILDS_API("rebuildsApi", RebuildsApi.class),
  REFEED_API("refeedApi", RefeedApi.class),
  OPERATIONS("operations", Operations.class),
  REPLAY("replay", Replay.class),
  REPLAYS_API("replaysApi", ReplaysApi.class),
  OPERATIONS_API("operationsApi", OperationsApi.class),
  AUDIT_API("auditApi", AuditApi.class),
  LETTERS_API("lettersApi", LettersApi.class),
  REQUEUE("requeue", Requeue.class),
  ABANDON("abandon", Abandon.class),
  TAIL_API("tailApi", TailApi.class),
  ERASE("erase", Erase.class),
  ERASE_API("eraseApi", EraseApi.class),
  TOO_OLD("tooOld", TooOld.class),
  OLD_DAYS("oldDays", OldDays.class),
  EVENT_KEYS("eventKeys", EventKeys.class),
  DISK_HORIZON("diskHorizon", DiskHorizon.class),
  BALANCE("balance", Balance.class),
  BALANCE_HOURS("balanceHours", Hours.class),
  MEND("mend", Mend.class),
  BALANCE_API("balanceApi", BalanceApi.class),
  WHERE_API("whereApi", WhereApi.class);

  private final String bean;
  private final Class<?> type;

  RouteBean(String bean, Class<?> type) {
    this.bean = bean;
    this.type = type;
  }

  /** The class of each bean, by the name that routes use. */
  public static Map<String, Class<?>> classes() {
    Map<String, Class<?>> classes = new TreeMap<>();
    for (RouteBean bean : values()) {
      classes.put(bean.bean, bean.type);
    }
    return classes;
  }

  /**
   * Binds the bean of this name.
   *
   * @throws ClassCastException when it is of another class than the list says
   */
  void bind(Registry registry, Object made) {
    registry.bind(bean, type, type.cast(made));
  }
}
