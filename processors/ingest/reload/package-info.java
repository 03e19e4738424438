/** Takes edits over while the product runs, without taking away what works. */
@NullMarked
package ingest.reload;

import org.jspecify.annotations.NullMarked;
