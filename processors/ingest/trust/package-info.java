/** How far the audience of a channel can be trusted: the formula and the poller that asks it. */
@NullMarked
package ingest.trust;

import org.jspecify.annotations.NullMarked;
