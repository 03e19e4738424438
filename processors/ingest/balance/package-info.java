/** Whether what was accepted is where it was delivered, and what is done where it is not. */
@NullMarked
package ingest.balance;

import org.jspecify.annotations.NullMarked;
