/**
 * How fast the product is, as a ratio to what this machine's PostgreSQL can do at most.
 *
 * <p>A limit and its contestants run by turns on one server through one pool, so that whatever else
 * the machine does hits them alike; only ratios mean anything. Nothing here is part of the product.
 */
@NullMarked
package ingest.bench;

import org.jspecify.annotations.NullMarked;
