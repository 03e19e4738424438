@NullMarked
package ingest.projection.sumsub;

import org.jspecify.annotations.NullMarked;
