/** What the charts API says, as events. */
@NullMarked
package ingest.charts;

import org.jspecify.annotations.NullMarked;
