/** What the doctor reads, by itself. */
@NullMarked
package ingest.cli.doctor;

import org.jspecify.annotations.NullMarked;
