package ingest.kick;

import ingest.settings.Settings;
import java.time.Duration;
import java.util.List;

/**
 * Which event subscriptions a channel is to have.
 *
 * @param events as Kick names them
 * @param limit most subscriptions of one event that Kick holds for an app
 * @param chatLimit the same of the lines of chat, of which an app that is not verified has fewer
 * @param patience how long Kick may take to list what it answered
 */
public record SubscriptionRules(List<String> events, int limit, int chatLimit, Duration patience) {
  static final String CHAT = "chat.message.sent";
  static final String VERSION = "1";
  private static final int MOST = 1_000_000;

  public SubscriptionRules {
    events = List.copyOf(events);
  }

  /** As they are set. */
  public static SubscriptionRules of(Settings settings) {
    return new SubscriptionRules(
        settings.list("poll.kick-subscriptions.events").stream().distinct().toList(),
        settings.number("kick.subscriptions.limit", 0, MOST),
        settings.number("kick.subscriptions.chat-limit", 0, MOST),
        settings.duration("poll.kick-subscriptions.patience"));
  }

  int limit(String event) {
    return event.equals(CHAT) ? chatLimit : limit;
  }
}
