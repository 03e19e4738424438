package ingest.embedded.simulator;

/** A channel of the simulated world, under the id and the slug by which Kick would know it. */
public record SimulatedChannel(long broadcasterUserId, String slug) {}
