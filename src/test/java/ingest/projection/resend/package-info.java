@NullMarked
package ingest.projection.resend;

import org.jspecify.annotations.NullMarked;
