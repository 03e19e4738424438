package ingest.scraperapi;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.mapping.Arrival;
import ingest.mapping.MalformedAnswer;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.outbox.Original;
import ingest.poll.PollRun;
import ingest.scrape.Outcome;
import ingest.scrape.ScrapeCalls;
import ingest.webhook.Call;
import ingest.webhook.CallMapping;
import ingest.webhook.Mapped;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;

/**
 * The Java steps of ordering a job, and of the poller {@code scraperapi-jobs}, which asks how those
 * stand that nobody has called back for. What it is answered is what the callback would have said,
 * so it becomes the same events, with the same ids.
 */
public final class ScrapeJobs {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,100}");
  private static final ScraperApiSender SENDER = new ScraperApiSender();

  private final CallMapping mapping;
  private final Clock clock;
  private final Counter lost;

  public ScrapeJobs(CallMapping mapping, Clock clock, MeterRegistry registry) {
    this.mapping = mapping;
    this.clock = clock;
    this.lost =
        Counter.builder("ingest.scrape.jobs.lost")
            .description("Jobs of a scraper that came to no answer within a day")
            .register(registry);
  }

  /** Reads the answer to an order: the property {@code jobId}. */
  public void ordered(@Body byte[] answer, Exchange exchange) {
    exchange.setProperty("jobId", id(read(answer).path("id").asText()));
    ScrapeCalls.told(exchange, Outcome.ORDERED, "");
  }

  /** It becomes a part of addresses. */
  private static String id(String id) {
    if (!ID.matcher(id).matches()) {
      throw new MalformedAnswer("$.id is no id of a job");
    }
    return id;
  }

  private static JsonNode read(byte[] answer) {
    try {
      return JSON.readTree(answer);
    } catch (JacksonException e) {
      throw new MalformedAnswer("the answer is not JSON");
    } catch (IOException e) {
      throw new MalformedAnswer("the answer cannot be read");
    }
  }

  /** Names the job of a claimed row: the call asks of it, and its page is the target. */
  public void claimed(@Body List<Map<String, Object>> rows, Exchange exchange) {
    exchange.setProperty("due", rows.size());
    if (!rows.isEmpty()) {
      Map<String, Object> row = rows.get(0);
      exchange.setProperty("jobKey", String.valueOf(row.get("job_key")));
      exchange.setProperty("jobId", String.valueOf(row.get("job_id")));
      exchange.setProperty("channelId", row.get("channel_id"));
      exchange.setProperty("target", "job " + row.get("job_id"));
      Objects.requireNonNull(PollRun.of(exchange)).claimed(1);
    }
  }

  /**
   * What the answer to a question of how a job stands brings: nothing, in an empty intake, while it
   * runs.
   */
  public Intake stands(
      @Body byte[] answer,
      @Header(Exchange.HTTP_RESPONSE_CODE) int status,
      @ExchangeProperty("jobKey") String jobKey,
      @ExchangeProperty("jobId") String jobId,
      Exchange exchange) {
    if (status != 200) {
      throw new MalformedAnswer("the scraper knows no such job");
    }
    JsonNode job = read(answer);
    if (!job.path("id").asText().equals(jobId)) {
      throw new MalformedAnswer("the answer is of another job");
    }
    if (job.path("status").asText().equals("running")) {
      ScrapeCalls.told(exchange, Outcome.RUNNING, "");
      return new Intake(List.of(), List.of());
    }
    Arrival.Message message = JobMessage.of(Map.of(CallbackToken.TOKEN, jobKey + "."), answer);
    Mapped mapped =
        mapping.map(
            new Call(
                SENDER,
                Map.of(),
                answer,
                new Arrival(clock.instant(), null, message, Envelope.newTraceparent())));
    if (mapped.kind() != Mapped.Kind.MAPPED) {
      throw new MalformedAnswer("the answer is not what the scraper documents of a job");
    }
    ScrapeCalls.told(exchange, Outcome.OVER, "");
    return new Intake(
        mapped.envelopes(),
        List.of(),
        new Original(mapped.said(), message.id(), "", Map.of(), SENDER.kept(answer, false)),
        true);
  }

  /** Books what a job brought with the run. */
  public void committed(@Body Committed committed, Exchange exchange) {
    Objects.requireNonNull(PollRun.of(exchange))
        .committed(committed.fresh().size(), committed.duplicates().size());
  }

  /** Ends the run: the scraper may not be asked now. */
  public void refused(Exchange exchange) {
    exchange.setProperty("due", 0);
    Throwable refusal = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Objects.requireNonNull(PollRun.of(exchange)).refused(String.valueOf(refusal.getMessage()));
  }

  /** A job could not be asked about; it is asked about again later. */
  public void failed(Exchange exchange) {
    Objects.requireNonNull(PollRun.of(exchange)).skippedPage();
  }

  /** Counts the jobs that {@code scrape-job-lost.sql} closed. */
  public void lost(@Body List<?> rows) {
    lost.increment(rows.size());
  }
}
