/** What X says in its webhooks, as events. */
@NullMarked
package ingest.x;

import org.jspecify.annotations.NullMarked;
