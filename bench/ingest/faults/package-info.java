/** Kills what runs under load, and then proves of every event that nothing was lost or repeated. */
@NullMarked
package ingest.faults;

import org.jspecify.annotations.NullMarked;
