@NullMarked
package ingest.sheets;

import org.jspecify.annotations.NullMarked;
