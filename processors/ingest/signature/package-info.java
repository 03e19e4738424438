/** Standard Webhooks: how deliveries are signed and how a receiver knows them. */
@NullMarked
package ingest.signature;

import org.jspecify.annotations.NullMarked;
