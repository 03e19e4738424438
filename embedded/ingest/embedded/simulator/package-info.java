/** The simulated upstream: a world that moves with the clock, told over Kick's HTTP interface. */
@NullMarked
package ingest.embedded.simulator;

import org.jspecify.annotations.NullMarked;
