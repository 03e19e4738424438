/** Calls of those who fetch pages for us, and what became of each. */
@NullMarked
package ingest.scrape;

import org.jspecify.annotations.NullMarked;
