/** An upstream's Java that no scan of ours finds. */
@NullMarked
package acme;

import org.jspecify.annotations.NullMarked;
