/**
 * Claims: an environment says that one of its streamers has, or no longer has, a channel. It asks
 * for what it wants changed in {@code dm}; it never writes there.
 */
@NullMarked
package ingest.claim;

import org.jspecify.annotations.NullMarked;
