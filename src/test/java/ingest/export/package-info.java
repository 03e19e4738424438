@NullMarked
package ingest.export;

import org.jspecify.annotations.NullMarked;
