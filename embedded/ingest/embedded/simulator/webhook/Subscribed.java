package ingest.embedded.simulator.webhook;

/** How often Kick tells of a channel's event: under a message id of its own each time. */
@FunctionalInterface
public interface Subscribed {
  /** Once, whoever subscribed. */
  Subscribed TO_ALL = (channel, event) -> 1;

  int deliveries(long channel, String event);
}
