/** The command {@code bin/ingest}: what it understands, asks of a running ingest, and prints. */
@NullMarked
package ingest.cli;

import org.jspecify.annotations.NullMarked;
