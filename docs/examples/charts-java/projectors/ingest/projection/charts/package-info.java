/** Projectors of what the charts API reports. */
@NullMarked
package ingest.projection.charts;

import org.jspecify.annotations.NullMarked;
