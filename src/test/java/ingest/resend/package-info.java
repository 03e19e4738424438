@NullMarked
package ingest.resend;

import org.jspecify.annotations.NullMarked;
