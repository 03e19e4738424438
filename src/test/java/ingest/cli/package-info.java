/** Drives the command line as a caller does: arguments in, output and exit code out. */
@NullMarked
package ingest.cli;

import org.jspecify.annotations.NullMarked;
