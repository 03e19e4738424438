@NullMarked
package ingest.sumsub;

import org.jspecify.annotations.NullMarked;
