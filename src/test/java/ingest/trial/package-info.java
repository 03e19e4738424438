@NullMarked
package ingest.trial;

import org.jspecify.annotations.NullMarked;
