/** What deliveries gave up: dead letters are looked at, tried once more, or abandoned. */
@NullMarked
package ingest.letter;

import org.jspecify.annotations.NullMarked;
