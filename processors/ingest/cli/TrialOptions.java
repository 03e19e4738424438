package ingest.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code try} was asked for.
 *
 * @param body of a poller the upstream's answer, of other routes the message that comes in
 * @param rows of its SQL steps, as JSON
 * @param headers of the message that comes in
 * @param live whether requests go out
 */
public record TrialOptions(
    String route,
    @Nullable String body,
    @Nullable String rows,
    Map<String, String> headers,
    boolean live,
    boolean json) {}
