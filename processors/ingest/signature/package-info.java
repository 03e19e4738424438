/** How what is sent is signed, and how a receiver knows the schemes of those who send to it. */
@NullMarked
package ingest.signature;

import org.jspecify.annotations.NullMarked;
