/** The ClickHouse engine as a child process that answers ClickHouse's HTTP protocol on loopback. */
@NullMarked
package ingest.embedded.clickhouse;

import org.jspecify.annotations.NullMarked;
