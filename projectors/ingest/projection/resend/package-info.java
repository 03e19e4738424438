/** Projectors of what Resend says of e-mails. */
@NullMarked
package ingest.projection.resend;

import org.jspecify.annotations.NullMarked;
