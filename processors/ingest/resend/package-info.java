/** What Resend's webhooks say of e-mails. */
@NullMarked
package ingest.resend;

import org.jspecify.annotations.NullMarked;
