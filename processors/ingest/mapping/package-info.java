/**
 * From what an upstream said to envelopes: by expressions in a route ({@code bean:envelope}), or by
 * a {@link ingest.mapping.Mapper} in Java ({@code bean:mapper}). Runs before the commit, so
 * whatever is here may run again and has to give the same ids.
 */
@NullMarked
package ingest.mapping;

import org.jspecify.annotations.NullMarked;
