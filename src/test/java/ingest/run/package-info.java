/** The whole product as its users run it: processes, ports, stores, signals. */
@NullMarked
package ingest.run;

import org.jspecify.annotations.NullMarked;
