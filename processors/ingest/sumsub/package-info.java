/** What Sumsub's webhooks say of applicants. */
@NullMarked
package ingest.sumsub;

import org.jspecify.annotations.NullMarked;
