@NullMarked
package ingest.kick;

import org.jspecify.annotations.NullMarked;
