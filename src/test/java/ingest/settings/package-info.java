/** Where a value comes from. */
@NullMarked
package ingest.settings;

import org.jspecify.annotations.NullMarked;
