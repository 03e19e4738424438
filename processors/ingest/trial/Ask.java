package ingest.trial;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be tried.
 *
 * @param body of the message that comes in; null for none
 * @param headers of that message
 * @param exchange exchange properties that a helper's caller would have set
 * @param live whether requests that nothing is given for go out
 */
public record Ask(
    String route,
    @Nullable String body,
    Map<String, String> headers,
    Map<String, Object> exchange,
    Given given,
    boolean live) {}
