package ingest.webhook;

import ingest.outbox.Intake;
import ingest.outbox.Original;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** The step {@code bean:callMapper}: a verified call becomes its events and what is kept of it. */
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
    Original original =
        new Original(
            mapped.said(),
            call.message.id(),
            call.headers.getOrDefault(call.sender.signature(), ""),
            call.headers,
            mapping.kept(call));
    exchange.getMessage().setBody(new Intake(mapped.envelopes(), List.of(), original, true));
  }
}
