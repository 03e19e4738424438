/** Where a value comes from: environment, secrets folder, properties files. */
@NullMarked
package ingest.settings;

import org.jspecify.annotations.NullMarked;
