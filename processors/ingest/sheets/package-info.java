/** Ranges of Google Sheets as events of their changed rows. */
@NullMarked
package ingest.sheets;

import org.jspecify.annotations.NullMarked;
