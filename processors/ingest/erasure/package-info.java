/** Erasure: a person is removed from every store, and their events become tombstones. */
@NullMarked
package ingest.erasure;

import org.jspecify.annotations.NullMarked;
