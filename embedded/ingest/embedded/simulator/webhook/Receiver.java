package ingest.embedded.simulator.webhook;

import java.net.URI;

/**
 * Who receives the webhooks.
 *
 * @param address in front of {@code /wh/…}
 * @param keys what it verifies calls with
 * @param perSecond how many calls it gets by themselves; 0 for none
 */
public record Receiver(URI address, SenderKeys keys, int perSecond) {}
