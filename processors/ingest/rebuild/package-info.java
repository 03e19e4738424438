/** Tables of an environment, made anew from the archive beside the live ones. */
@NullMarked
package ingest.rebuild;

import org.jspecify.annotations.NullMarked;
