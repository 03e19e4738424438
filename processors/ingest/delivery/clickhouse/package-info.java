/** Delivery to ClickHouse: the rows that events become there. */
@NullMarked
package ingest.delivery.clickhouse;

import org.jspecify.annotations.NullMarked;
