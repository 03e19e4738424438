package ingest.faults;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.ulid.UlidCreator;
import ingest.faults.Told.Kind;
import ingest.faults.Told.Message;
import ingest.load.Answer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/**
 * The calls of three senders, half of them of what was told before: the same message again, or the
 * same fact under another message id. What is not answered 2xx is sent again. Thread-safe.
 */
final class Senders {
  private static final int CHANNELS = 200;
  private static final int FIRST_CHANNEL = 700_000_000;

  /** What is told again is one of so many facts, every second time one of those just told. */
  private static final int RECENT = 2000;

  private static final int JUST_NOW = 16;

  private static final int HOURS_AGO = 2;

  private static final DateTimeFormatter SUMSUB_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final CallSigner signer;
  private final Random random;
  private final Instant base =
      Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(HOURS_AGO, ChronoUnit.HOURS);
  private final List<Told> facts = new ArrayList<>();
  private final Deque<Genuine> refused = new ArrayDeque<>();

  Senders(CallSigner signer, long seed) {
    this.signer = signer;
    this.random = new Random(seed);
  }

  /** All that was sent; read when nobody tells any more. */
  synchronized List<Told> facts() {
    return facts.stream().filter(Told::sent).toList();
  }

  /** Takes note of an answer; what was refused is sent again. */
  void ended(Genuine call, Answer answer) {
    call.fact.answered(answer);
    if (!answer.accepted()) {
      synchronized (this) {
        refused.add(call);
      }
    }
  }

  /** Half new, a quarter the same messages again, a quarter other messages of the same facts. */
  synchronized Genuine next() {
    if (facts.isEmpty() || random.nextBoolean()) {
      return fresh();
    }
    Genuine late = refused.poll();
    if (late != null) {
      return call(late.fact, late.message);
    }
    Told fact = recent();
    return fact.kind.hasOtherMessages() && random.nextBoolean()
        ? call(fact, other(fact))
        : call(fact, fact.messages.get(random.nextInt(fact.messages.size())));
  }

  /** Of what was sent and not answered 2xx yet, a message each. */
  synchronized List<Genuine> late() {
    return facts.stream()
        .filter(fact -> fact.sent() && !fact.accepted())
        .map(fact -> call(fact, fact.messages.get(0)))
        .toList();
  }

  /** Something that nobody was told before. */
  synchronized Genuine fresh() {
    int number = facts.size();
    int dice = random.nextInt(100);
    Kind kind =
        dice < 45 ? Kind.EMAIL : dice < 90 ? Kind.APPLICANT : dice < 97 ? Kind.CHAT : Kind.STREAM;
    String name =
        switch (kind) {
          case EMAIL -> new UUID(random.nextLong(), random.nextLong()).toString();
          case APPLICANT -> "%024x".formatted(number + 1);
          case CHAT -> new UUID(random.nextLong(), random.nextLong()).toString();
          case STREAM -> channel(number) + " " + base.plusSeconds(number / CHANNELS);
        };
    Told fact = new Told(kind, name);
    facts.add(fact);
    return call(fact, first(fact, number));
  }

  private static int channel(int number) {
    return FIRST_CHANNEL + number % CHANNELS;
  }

  private Told recent() {
    int from = Math.min(facts.size(), random.nextBoolean() ? JUST_NOW : RECENT);
    return facts.get(facts.size() - 1 - random.nextInt(from));
  }

  private Message first(Told fact, int number) {
    return switch (fact.kind) {
      case EMAIL -> fact.add("msg_" + fact.name.replace("-", ""), email(fact.name));
      case APPLICANT -> fact.add("", applicant(fact.name, number, 0));
      case CHAT -> fact.add(messageId(), chat(fact.name, channel(number)));
      case STREAM -> fact.add(messageId(), stream(fact.name));
    };
  }

  private static String messageId() {
    return UlidCreator.getUlid().toString();
  }

  /** Kick repeats its body, Sumsub changes the id of the request in it. */
  private Message other(Told fact) {
    if (fact.kind == Kind.APPLICANT) {
      int number = Integer.parseInt(fact.name, 16) - 1;
      return fact.add("", applicant(fact.name, number, fact.messages.size()));
    }
    return fact.add(messageId(), fact.messages.get(0).body);
  }

  private Genuine call(Told fact, Message message) {
    return switch (fact.kind) {
      case EMAIL ->
          new Genuine("/wh/resend", signer.resend(message.id, message.body), fact, message);
      case APPLICANT -> new Genuine("/wh/sumsub", signer.sumsub(message.body), fact, message);
      case CHAT -> kick("chat.message.sent", fact, message);
      case STREAM -> kick("livestream.status.updated", fact, message);
    };
  }

  private Genuine kick(String type, Told fact, Message message) {
    Map<String, String> headers = signer.kick(message.id, type, message.body);
    return new Genuine("/wh/kick", headers, fact, message);
  }

  static byte[] email(String id) {
    ObjectNode body = object().put("type", "email.delivered");
    body.put("created_at", now().toString());
    body.putObject("data")
        .put("email_id", id)
        .put("created_at", now().toString())
        .put("from", "Grüße <hello@mail.example.com>")
        .put("subject", "Confirm your address 🦊")
        .putArray("to")
        .add("person@example.org");
    return bytes(body);
  }

  byte[] applicant(String id, int number, int repeat) {
    Instant at = base.plusMillis(number);
    ObjectNode body = object().put("applicantId", id).put("type", "applicantReviewed");
    body.put("correlationId", "req-%s-%d".formatted(id, repeat));
    body.put("externalUserId", "user-" + number).put("levelName", "basic-kyc-level");
    body.put("reviewStatus", "completed").put("createdAtMs", SUMSUB_TIME.format(at));
    body.putObject("reviewResult").put("reviewAnswer", "GREEN");
    return bytes(body);
  }

  static byte[] chat(String id, int channel) {
    ObjectNode body = object().put("message_id", id).put("content", "hi \u0001 \"there\" 🦊");
    body.set("broadcaster", user(channel));
    body.set("sender", user(channel + CHANNELS));
    body.putArray("emotes");
    return bytes(body.put("created_at", now().toString()));
  }

  private static byte[] stream(String name) {
    int space = name.indexOf(' ');
    ObjectNode body = object().put("is_live", true).put("title", "Evening stream");
    body.set("broadcaster", user(Integer.parseInt(name.substring(0, space))));
    return bytes(body.put("started_at", name.substring(space + 1)).putNull("ended_at"));
  }

  private static ObjectNode user(int id) {
    return object()
        .put("is_anonymous", false)
        .put("user_id", id)
        .put("username", "user_" + id)
        .put("channel_slug", "user-" + id);
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static byte[] bytes(ObjectNode body) {
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }
}
