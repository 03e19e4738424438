@NullMarked
package ingest.cli.verify;

import org.jspecify.annotations.NullMarked;
