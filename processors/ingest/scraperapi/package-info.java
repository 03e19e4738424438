/** What ScraperAPI says of its jobs, as events. */
@NullMarked
package ingest.scraperapi;

import org.jspecify.annotations.NullMarked;
