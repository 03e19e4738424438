@NullMarked
package ingest.letter;

import org.jspecify.annotations.NullMarked;
