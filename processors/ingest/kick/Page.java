package ingest.kick;

import java.util.List;
import java.util.UUID;

/** Channels that are asked for in one call, under one claim. */
public record Page(UUID token, List<DueChannel> channels) {}
