@NullMarked
package ingest.signature;

import org.jspecify.annotations.NullMarked;
