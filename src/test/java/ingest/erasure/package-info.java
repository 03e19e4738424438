/** Erasure, over real stores. */
@NullMarked
package ingest.erasure;

import org.jspecify.annotations.NullMarked;
