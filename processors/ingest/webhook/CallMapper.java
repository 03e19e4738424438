package ingest.webhook;

import ingest.outbox.Original;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * The step {@code bean:callMapper}: a verified call becomes the list of its envelopes, and what is
 * to be kept of it the property {@link Original#PROPERTY}.
 */
public final class CallMapper implements Processor {
  /** The exchange property that {@link Mapped} travels in. */
  static final String MAPPED = "mapped";

  private final CallMapping mapping;

  public CallMapper(CallMapping mapping) {
    this.mapping = mapping;
  }

  @Override
  public void process(Exchange exchange) {
    Call call = exchange.getProperty(Call.PROPERTY, Call.class);
    Mapped mapped = mapping.map(call);
    exchange.setProperty(MAPPED, mapped);
    exchange.setProperty(
        Original.PROPERTY,
        new Original(
            mapped.said(),
            call.arrival.message() == null ? "" : call.arrival.message().id(),
            call.headers.getOrDefault(call.sender.signature(), ""),
            call.headers,
            mapping.kept(call)));
    exchange.getMessage().setBody(mapped.envelopes(), List.class);
  }
}
