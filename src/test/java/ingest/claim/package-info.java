@NullMarked
package ingest.claim;

import org.jspecify.annotations.NullMarked;
