/** What JConsole and Hawtio see and do: MBeans of our own, and JMX over HTTP. */
@NullMarked
package ingest.jmx;

import org.jspecify.annotations.NullMarked;
