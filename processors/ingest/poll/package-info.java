/** What pollers of every upstream share: switches, runs, manners. */
@NullMarked
package ingest.poll;

import org.jspecify.annotations.NullMarked;
