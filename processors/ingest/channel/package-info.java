/**
 * Channels as {@code dm} knows them: the one way in ({@link ingest.channel.Channels}), their names
 * over time and their streams. Everything here runs inside the commit of the events that it is told
 * by.
 */
@NullMarked
package ingest.channel;

import org.jspecify.annotations.NullMarked;
