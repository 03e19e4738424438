/**
 * The simulated senders of webhooks: what happens at Kick, Sumsub, Resend, X and ScraperAPI, signed
 * as each of them signs, by code that shares nothing with the product's verifiers.
 */
@NullMarked
package ingest.embedded.simulator.webhook;

import org.jspecify.annotations.NullMarked;
