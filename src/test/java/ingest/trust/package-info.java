@NullMarked
package ingest.trust;

import org.jspecify.annotations.NullMarked;
