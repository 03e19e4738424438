package ingest.erasure;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.Persons;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who is erased, by the identities that are known of them. More may be learned on the way: an
 * e-mail address leads to the e-mails that went there, an account to its channel. Not thread-safe.
 */
final class Person {
  /** {@code dm}'s own number of a channel, as an identity. */
  static final String CHANNEL = "channel:";

  private static final Pattern RUN = Pattern.compile("[a-z0-9_-]+");

  private final Set<String> identities = new TreeSet<>();
  private boolean learned;

  Person(Collection<String> identities) {
    this.identities.addAll(identities);
  }

  Set<String> identities() {
    return Collections.unmodifiableSet(identities);
  }

  boolean hasNames() {
    return identities.stream().anyMatch(i -> i.startsWith(Persons.NAME));
  }

  /** Another identity of the same person; says whether it is news. */
  boolean learn(String identity) {
    boolean news = identities.add(identity);
    learned |= news;
    return news;
  }

  /** Whether something was learned since this was last asked. */
  boolean takeLearned() {
    boolean was = learned;
    learned = false;
    return was;
  }

  boolean isIn(Envelope event) {
    return any(Persons.in(event, hasNames()));
  }

  boolean isIn(String source, String call) {
    return any(Persons.in(source, call, hasNames()));
  }

  /** A line of exported chat; which channel it is of is told there by {@code dm}'s number. */
  boolean isIn(JsonNode line) {
    return identities.contains(CHANNEL + line.path("channel_id").asText())
        || any(Persons.in("kick", line.toString(), hasNames()));
  }

  private boolean any(Set<String> named) {
    return named.stream().anyMatch(identities::contains);
  }

  /**
   * A text in lower case, for each identity, without which nothing can name it: its longest part
   * that no encoding of JSON changes.
   */
  List<String> needles() {
    return identities.stream()
        .filter(i -> !i.startsWith(CHANNEL))
        .map(Person::needle)
        .distinct()
        .toList();
  }

  private static String needle(String identity) {
    String value = value(identity).toLowerCase(Locale.ROOT);
    Matcher run = RUN.matcher(value);
    String longest = "";
    while (run.find()) {
      longest = run.group().length() > longest.length() ? run.group() : longest;
    }
    return longest.isEmpty() ? value : longest;
  }

  /** What follows the platform. */
  static String value(String identity) {
    return identity.substring(identity.indexOf(':') + 1);
  }

  /** Addresses and names, which may stand in any text. */
  List<String> texts() {
    return identities.stream()
        .filter(i -> i.startsWith(Persons.EMAIL) || i.startsWith(Persons.NAME))
        .map(Person::value)
        .toList();
  }

  /** {@code dm}'s numbers of their channels. */
  List<Long> channels() {
    return identities.stream()
        .filter(i -> i.startsWith(CHANNEL))
        .map(i -> Long.valueOf(value(i)))
        .toList();
  }
}
