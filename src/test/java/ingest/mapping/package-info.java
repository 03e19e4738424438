@NullMarked
package ingest.mapping;

import org.jspecify.annotations.NullMarked;
