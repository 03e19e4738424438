package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.mapping.Arrival;
import ingest.webhook.Sender;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The calls of X: of its Account Activity API, whose kinds of event are the names of the body's
 * members, and of its successor, the X Activity API, which sends one event and names its type.
 *
 * <p>X signs neither an id nor a time, so a call is its body, and whatever keeps an event from
 * counting twice is in the event.
 */
public final class XSender implements Sender {
  private static final String SIGNATURE = "x-twitter-webhooks-signature";
  private static final String ACCOUNT_ACTIVITY = "x.account_activity.";
  private static final String ACTIVITY = "x.activity.";
  private static final String EVENTS = "_events";

  /** Holds one event, whose kind is the name of its only member. */
  private static final String USER_EVENT = "user_event";

  private static final String REPLAY_JOB = "replay_job_status";

  @Override
  public String source() {
    return "x";
  }

  @Override
  public List<String> headers() {
    return List.of("content-type", SIGNATURE);
  }

  @Override
  public String signature() {
    return SIGNATURE;
  }

  @Override
  public Arrival.Message message(Map<String, String> headers, byte[] body) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
      return new Arrival.Message(HexFormat.of().formatHex(digest), null, null);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  @Override
  public String said(Map<String, String> headers, JsonNode body) {
    String type = activity(body);
    return type.isEmpty() ? String.join(", ", kinds(body)) : type;
  }

  @Override
  public List<String> types(Map<String, String> headers, JsonNode body) {
    String type = activity(body);
    if (!type.isEmpty()) {
      return List.of(ACTIVITY + type);
    }
    List<String> types = new ArrayList<>();
    for (String kind : kinds(body)) {
      if (kind.equals(USER_EVENT)) {
        body.path(kind).fieldNames().forEachRemaining(name -> types.add(ACCOUNT_ACTIVITY + name));
      } else {
        types.add(
            ACCOUNT_ACTIVITY
                + (kind.endsWith(EVENTS)
                    ? kind.substring(0, kind.length() - EVENTS.length())
                    : kind));
      }
    }
    return types;
  }

  @Override
  public byte[] kept(byte[] body, boolean privates) {
    return privates ? body : PrivateParts.leftOut(body);
  }

  /** The type that the X Activity API names; empty where the body is none of its. */
  private static String activity(JsonNode body) {
    return body.path("data").path("event_type").asText();
  }

  /** The members of a body of the Account Activity API that hold events. */
  private static List<String> kinds(JsonNode body) {
    List<String> kinds = new ArrayList<>();
    body.fieldNames()
        .forEachRemaining(
            name -> {
              if (name.endsWith(EVENTS) || name.equals(USER_EVENT) || name.equals(REPLAY_JOB)) {
                kinds.add(name);
              }
            });
    return kinds;
  }
}
