package ingest.webhook;

import ingest.mapping.Arrival;
import java.util.Map;
import java.util.Objects;

/** A call whose signature held. */
public final class Call {
  /** The exchange property that it travels in. */
  public static final String PROPERTY = "call";

  public final Sender sender;

  /** By name in lower case. */
  public final Map<String, String> headers;

  /** Its very bytes; nobody changes them. */
  public final byte[] body;

  public final Arrival arrival;

  /** The identity that the arrival has of it. */
  public final Arrival.Message message;

  /** {@code arrival}: of a message. */
  public Call(Sender sender, Map<String, String> headers, byte[] body, Arrival arrival) {
    this.sender = sender;
    this.headers = Map.copyOf(headers);
    this.body = body;
    this.arrival = arrival;
    this.message = Objects.requireNonNull(arrival.message());
  }
}
