@NullMarked
package ingest.replay;

import org.jspecify.annotations.NullMarked;
