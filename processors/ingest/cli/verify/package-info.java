/** Says of one signed request whether it is genuine, and where it is not, what is wrong with it. */
@NullMarked
package ingest.cli.verify;

import org.jspecify.annotations.NullMarked;
