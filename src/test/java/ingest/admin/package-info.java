@NullMarked
package ingest.admin;

import org.jspecify.annotations.NullMarked;
