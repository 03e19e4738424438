/**
 * What is wrong with the files that an engineer edits, found without a build and without a store.
 */
@NullMarked
package ingest.check;

import org.jspecify.annotations.NullMarked;
