package ingest.embedded.simulator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.embedded.simulator.InvalidRequest;
import ingest.embedded.simulator.SimulatedChannel;
import ingest.embedded.simulator.World;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * The simulated senders: steady traffic by themselves, and any call on demand. Safe for use by
 * several threads.
 */
public final class Webhooks implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What is told of a call that did not arrive. */
  static final String LOST = "lost";

  private static final String STATUS = "livestream.status.updated";

  /** X's challenge, as an order names it; it has no template. */
  private static final String CHALLENGE = "crc";

  private static final Duration STALE = Duration.ofDays(1);
  private static final int ORDERED_AT_ONCE = 8;

  private final Clock clock;
  private final Happenings happenings;
  private final Signer genuine;
  private final Courier courier;
  private final Sent sent = new Sent();
  private final Set<String> accepted = ConcurrentHashMap.newKeySet();
  private final Traffic traffic;
  private final SenderKeys keys;
  private final Semaphore ordered = new Semaphore(ORDERED_AT_ONCE);

  /** Made when it is needed, because an RSA key takes its time. */
  private @Nullable Signer forger;

  /** Prepares the senders; {@link #start} sets them going. */
  public Webhooks(World world, Clock clock, Receiver receiver) {
    this(world, clock, clock, receiver, Subscribed.TO_ALL);
  }

  /**
   * The same, Kick's steady traffic for those who subscribed to it; an order is for anybody.
   *
   * @param clock that calls are signed by
   * @param worlds that things happen by
   */
  public Webhooks(
      World world, Clock clock, Clock worlds, Receiver receiver, Subscribed subscribed) {
    this.clock = clock;
    this.keys = receiver.keys();
    this.happenings = new Happenings(world);
    this.genuine = new Signer(keys);
    this.courier = new Courier(receiver.address());
    this.traffic = new Traffic(happenings, worlds, receiver.perSecond(), subscribed, new Outlet());
  }

  /** From here on there is steady traffic, where it was asked for. */
  public void start() {
    traffic.start();
  }

  /** Kick's answer to who asks for the key of its signatures. */
  public String kickPublicKey() throws JsonProcessingException {
    ObjectNode answer = JSON.createObjectNode();
    answer.putObject("data").put("public_key", keys.kickPublicKey());
    return JSON.writeValueAsString(answer.put("message", "OK"));
  }

  /** How many of Kick's calls are late and have not arrived yet. */
  public int underway() {
    return traffic.underway();
  }

  /** The counts of all answers and the latest calls; {@code last} of them, else twenty. */
  public String list(@Header("last") @Nullable String last) throws JsonProcessingException {
    try {
      int wanted = last == null ? 20 : Integer.parseInt(last);
      if (wanted >= 0 && wanted <= Sent.KEPT) {
        return sent.json(wanted);
      }
    } catch (NumberFormatException e) {
      // told below, together with numbers out of range
    }
    throw new InvalidRequest("last is a number up to " + Sent.KEPT);
  }

  /** Has Kick's steady calls arrive as ordered, from now on. */
  public void delivery(@Body @Nullable String json) {
    traffic.delivery(Delivery.parse(json));
  }

  /** Has Kick's steady calls that were lost arrive now. */
  public void findLost() {
    traffic.findLost();
  }

  /** Whether the receiver accepted the start, or the end, of a broadcast. */
  public boolean told(SimulatedChannel channel, World.Broadcast broadcast, boolean end) {
    return accepted.contains(
        fact(channel.broadcasterUserId(), broadcast.startedAt().toString(), !end));
  }

  private static String fact(long channel, String startedAt, boolean live) {
    return channel + " " + startedAt + (live ? " started" : " ended");
  }

  private void accepted(Notification told) {
    if (told.type().equals(STATUS)) {
      try {
        JsonNode body = JSON.readTree(told.body());
        accepted.add(
            fact(
                told.broadcaster(),
                body.path("started_at").asText(),
                body.path("is_live").booleanValue()));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * Sends what is ordered, a few calls at a time, and returns how often each answer came back.
   *
   * @throws InvalidRequest when it is no order
   */
  public String send(@Body @Nullable String json)
      throws JsonProcessingException, InterruptedException {
    Order order = Order.parse(json);
    List<CompletableFuture<List<String>>> answers = new ArrayList<>();
    if (CHALLENGE.equals(order.type()) && order.sender() == SendingParty.X) {
      answers.add(challenge().thenApply(List::of));
    } else {
      for (List<SignedCall> calls : calls(order)) {
        ordered.acquire();
        answers.add(
            inTurn(calls, order.kind()).whenComplete((answer, failure) -> ordered.release()));
      }
    }
    Map<String, Integer> counted = new TreeMap<>();
    answers.forEach(a -> a.join().forEach(answer -> counted.merge(answer, 1, Integer::sum)));
    return JSON.writeValueAsString(Map.of("answers", counted));
  }

  /** Each list is sent one call after the other's answer. */
  private Iterable<List<SignedCall>> calls(Order order) {
    List<String> types =
        order.type() == null ? happenings.templates.of(order.sender()) : List.of(order.type());
    types.forEach(type -> happenings.templates.body(order.sender(), type));
    int count = order.count() == null ? types.size() : order.count();
    List<Supplier<List<SignedCall>>> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String type = types.get(i % types.size());
      calls.add(() -> calls(order, type));
    }
    return () -> calls.stream().map(Supplier::get).iterator();
  }

  private List<SignedCall> calls(Order order, String type) {
    Instant now = clock.instant();
    SendingParty party = order.sender();
    CallKind kind = order.kind();
    if (kind == CallKind.REORDERED) {
      List<Notification> story = new ArrayList<>(happenings.story(party, now));
      Collections.reverse(story);
      return story.stream().map(told -> genuine.sign(told, Signer.newId(party), now)).toList();
    }
    if (kind == CallKind.UNKNOWN_TYPE) {
      return List.of(genuine.sign(happenings.unknown(party, now), Signer.newId(party), now));
    }
    Notification told = happenings.of(party, type, now);
    SignedCall call = genuine.sign(told, Signer.newId(party), now);
    return switch (kind) {
      case FORGED -> List.of(forger().sign(told, Signer.newId(party), now));
      case STALE -> List.of(genuine.sign(told, Signer.newId(party), now.minus(STALE)));
      case DUPLICATE -> List.of(call, call);
      case SUBSCRIBED_TWICE -> List.of(call, genuine.sign(told, Signer.newId(party), now));
      case OVERSIZED -> List.of(with(call, padded(told.body(), order.bytes()), now));
      case UNPARSEABLE ->
          List.of(with(call, told.body().substring(0, told.body().length() / 2), now));
      case CHUNKED -> List.of(call.inChunks());
      case GENUINE, REORDERED, UNKNOWN_TYPE -> List.of(call);
    };
  }

  private synchronized Signer forger() {
    if (forger == null) {
      forger = new Signer(SenderKeys.random());
    }
    return forger;
  }

  private SignedCall with(SignedCall call, String body, Instant now) {
    return genuine.sign(call.told().withBody(body), call.id(), now);
  }

  /** Still JSON, and one byte more than {@code bytes} at least. */
  private static String padded(String body, int bytes) {
    return body + " ".repeat(bytes + 1);
  }

  private CompletableFuture<List<String>> inTurn(List<SignedCall> calls, CallKind kind) {
    CompletableFuture<List<String>> answers = CompletableFuture.completedFuture(List.of());
    for (SignedCall call : calls) {
      answers =
          answers.thenCompose(
              before ->
                  send(call, kind)
                      .thenApply(
                          answer -> {
                            List<String> all = new ArrayList<>(before);
                            all.add(answer);
                            return all;
                          }));
    }
    return answers;
  }

  private CompletableFuture<String> send(SignedCall call, CallKind kind) {
    Instant at = clock.instant();
    return courier
        .send(call)
        .thenApply(
            answer -> {
              sent.add(call, kind, at, answer);
              return answer;
            });
  }

  private CompletableFuture<String> challenge() {
    String token = UUID.randomUUID().toString();
    SignedCall call =
        new SignedCall(
            new Notification(SendingParty.X, CHALLENGE, ""),
            "",
            "/wh/x?crc_token=" + token + "&nonce=" + token.hashCode(),
            Map.of(),
            false);
    Instant at = clock.instant();
    return courier
        .challenge(call.path(), genuine.challenged(token))
        .thenApply(
            answer -> {
              sent.add(call, CallKind.GENUINE, at, answer);
              return answer;
            });
  }

  @Override
  public void close() {
    traffic.close();
    courier.close();
  }

  /** How the steady traffic gets out. */
  final class Outlet {
    /** Signed anew for each attempt, under the id of the first. */
    CompletableFuture<String> send(Notification told, String id) {
      return Webhooks.this.send(genuine.sign(told, id, clock.instant()), CallKind.GENUINE);
    }

    SignedCall sign(Notification told, String id) {
      return genuine.sign(told, id, clock.instant());
    }

    CompletableFuture<String> send(SignedCall call) {
      return Webhooks.this
          .send(call, CallKind.GENUINE)
          .thenApply(
              answer -> {
                if (answer.equals("200")) {
                  accepted(call.told());
                }
                return answer;
              });
    }

    /** A call that is sent and does not arrive. */
    void lose(SignedCall call) {
      sent.add(call, CallKind.GENUINE, clock.instant(), LOST);
    }

    CompletableFuture<String> challenge() {
      return Webhooks.this.challenge();
    }

    void skip() {
      sent.skip();
    }
  }
}
