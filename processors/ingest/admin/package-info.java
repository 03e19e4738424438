/** The admin API on the management port: what operators ask and do. */
@NullMarked
package ingest.admin;

import org.jspecify.annotations.NullMarked;
