@NullMarked
package ingest.envelope;

import org.jspecify.annotations.NullMarked;
