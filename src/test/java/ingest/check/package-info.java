/** Breaks one thing at a time in sound files, and sees that it is told. */
@NullMarked
package ingest.check;

import org.jspecify.annotations.NullMarked;
