/** What ScraperAPI's callbacks become, beside the recorded ones. */
@NullMarked
package ingest.scraperapi;

import org.jspecify.annotations.NullMarked;
