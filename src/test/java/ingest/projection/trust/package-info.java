@NullMarked
package ingest.projection.trust;

import org.jspecify.annotations.NullMarked;
