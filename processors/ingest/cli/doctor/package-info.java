/** What stands between this machine, its settings and a run, and how to mend it. */
@NullMarked
package ingest.cli.doctor;

import org.jspecify.annotations.NullMarked;
