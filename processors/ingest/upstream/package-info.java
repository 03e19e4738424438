/** How upstreams are called: paced, within credits, not while they are broken. */
@NullMarked
package ingest.upstream;

import org.jspecify.annotations.NullMarked;
