@NullMarked
package ingest.http;

import org.jspecify.annotations.NullMarked;
