package ingest.cli;

import org.jspecify.annotations.Nullable;

/**
 * What {@code run} was asked for.
 *
 * @param onlyStores the embedded stores alone, for processes of other roles
 * @param withoutClickhouse everything but ClickHouse, whose target is then {@code off}
 * @param role in place of {@code INGEST_ROLE}; null leaves that in force
 */
public record RunOptions(boolean onlyStores, boolean withoutClickhouse, @Nullable String role) {}
