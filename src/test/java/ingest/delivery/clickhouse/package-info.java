@NullMarked
package ingest.delivery.clickhouse;

import org.jspecify.annotations.NullMarked;
