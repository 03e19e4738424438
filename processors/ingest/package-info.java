/** The product: starts the roles, from the settings they are given. */
@NullMarked
package ingest;

import org.jspecify.annotations.NullMarked;
