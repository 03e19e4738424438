package ingest.faults;

import ingest.load.Answer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Something that a sender tells, in one message or in several, and what the stores have of it. */
final class Told {
  /** As the sender names it, and whose it is. */
  enum Kind {
    EMAIL("resend"),
    APPLICANT("sumsub"),
    CHAT("kick"),
    STREAM("kick");

    final String sender;

    Kind(String sender) {
      this.sender = sender;
    }

    /** Whether its sender may tell it again under another message id. */
    boolean hasOtherMessages() {
      return this != EMAIL;
    }
  }

  /** A body under a message id; a sender repeats it until it is answered 2xx. */
  static final class Message {
    final String id;
    final byte[] body;

    Message(String id, byte[] body) {
      this.id = id;
      this.body = body;
    }
  }

  /** What the archive keeps of one call. */
  record Kept(UUID event, String messageId, String digest) {}

  final Kind kind;
  final String name;
  final List<Message> messages = new ArrayList<>(1);

  private final Map<Integer, Integer> answers = new TreeMap<>();
  private @Nullable Instant first;

  final List<UUID> events = new ArrayList<>(1);
  int archived;
  final List<Kept> kept = new ArrayList<>(1);

  /** {@code name}: what of its event's data tells it from all others. */
  Told(Kind kind, String name) {
    this.kind = kind;
    this.name = name;
  }

  synchronized Message add(String id, byte[] body) {
    Message message = new Message(id, body);
    messages.add(message);
    return message;
  }

  synchronized void answered(Answer answer) {
    answers.merge(answer.status(), 1, Integer::sum);
    if (first == null) {
      first = Instant.now();
    }
  }

  /** Whether it was, in one message at least, rather than only made. */
  synchronized boolean sent() {
    return first != null;
  }

  synchronized boolean accepted() {
    return answers.keySet().stream().anyMatch(status -> status / 100 == 2);
  }

  /** Whether the one body that is kept is one that was sent, byte for byte, under its message. */
  synchronized boolean bodyIsWhatWasSent() {
    return kept.stream()
        .allMatch(
            k ->
                messages.stream()
                    .anyMatch(
                        m -> id(m).equals(k.messageId()) && digest(m.body).equals(k.digest())));
  }

  /** Sumsub gives its messages none, so the product takes the body's. */
  private String id(Message message) {
    return kind == Kind.APPLICANT ? digest(message.body) : message.id;
  }

  static String digest(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized String toString() {
    return "%s %s: first answered %s, answers %s (0: none), %d messages; outbox %s, vf.raw_events %d, vf.webhook_inbox %s"
        .formatted(kind, name, first, answers, messages.size(), events, archived, kept);
  }
}
