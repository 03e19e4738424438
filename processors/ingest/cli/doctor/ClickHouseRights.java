package ingest.cli.doctor;

import ingest.settings.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What the user of ClickHouse may do there, held against what the roles of this process need, as
 * {@code clickhouse/users/users.sql} grants it.
 */
final class ClickHouseRights {
  private static final String USERS = "clickhouse/users/users.sql";

  private static final List<String> TELEMETRY =
      List.of("kick_streamer_probe", "streamer_trust_score_history", "kick_chat_message");
  private static final List<String> PAYLOADS =
      List.of("raw_events", "webhook_inbox", "sumsub_webhooks");

  /** What an erasure does beside reading. */
  private static final List<String> ERASING =
      List.of(
          "INSERT ON vf.erasing",
          "ALTER DELETE ON vf.erasing",
          "ALTER UPDATE ON vf.raw_events_log",
          "ALTER DELETE ON vf.kick_streamer_probe_log",
          "ALTER DELETE ON vf.streamer_trust_score_history_log",
          "ALTER DELETE ON vf.kick_chat_message_log",
          "ALTER DELETE ON vf.kick_channel_activity_log",
          "ALTER DELETE ON vf.webhook_inbox_log",
          "ALTER DELETE ON vf.sumsub_webhooks_log",
          "SELECT ON system.mutations");

  /** Nobody but {@code migrate} has business with these. */
  private static final List<String> CHANGES = List.of("ALTER TABLE ON vf.*", "DROP TABLE ON vf.*");

  /** Asks a statement. */
  interface Server {
    /**
     * The answer.
     *
     * @throws IOException when there is none, or it is a refusal
     */
    String answer(String statement) throws IOException;
  }

  private final Server server;
  private final String what;
  private final Consumer<Finding> told;

  ClickHouseRights(Server server, String what, Consumer<Finding> told) {
    this.server = server;
    this.what = what;
    this.told = told;
  }

  /**
   * Tells nothing where all is as it should be.
   *
   * @param users whether the server has users at all; where there is one for everything, that it
   *     may do too much is no finding
   */
  void examine(Set<Role> roles, boolean users) throws IOException {
    Set<String> needed = new LinkedHashSet<>();
    roles.forEach(role -> needed.addAll(needs(role)));
    List<String> lacked = granted(needed, false);
    if (!lacked.isEmpty()) {
      told.accept(
          Finding.fail(
              what,
              "its user lacks " + String.join(", ", lacked),
              "have an administrator run %s, and log in as the user of this role"
                  .formatted(USERS)));
    }
    List<String> more = users ? granted(tooMuch(roles), true) : List.of();
    if (!more.isEmpty()) {
      told.accept(
          Finding.warn(
              what,
              "its user has " + String.join(", ", more),
              "log in as the user that %s makes for this role".formatted(USERS)));
    }
  }

  private List<String> granted(Iterable<String> privileges, boolean granted) throws IOException {
    List<String> found = new ArrayList<>();
    for (String privilege : privileges) {
      String answer = server.answer("CHECK GRANT " + privilege).strip();
      if (!answer.equals("0") && !answer.equals("1")) {
        throw new IOException("CHECK GRANT was answered with something else than 0 or 1");
      }
      if (answer.equals("1") == granted) {
        found.add(privilege);
      }
    }
    return found;
  }

  private static List<String> needs(Role role) {
    return switch (role) {
      case INGEST ->
          Stream.concat(
                  Stream.concat(Stream.of("SELECT ON vf.*"), ERASING.stream()),
                  Stream.of(PAYLOADS, TELEMETRY)
                      .flatMap(List::stream)
                      .map(name -> "INSERT ON vf." + name + "_log"))
              .toList();
      case WEBHOOKS -> List.of("INSERT ON vf.webhook_inbox_log");
      case ENV ->
          TELEMETRY.stream()
              .flatMap(name -> Stream.of("SELECT ON vf." + name, "SELECT ON vf." + name + "_log"))
              .toList();
    };
  }

  private static List<String> unwanted(Role role) {
    Stream<String> more =
        switch (role) {
          case INGEST -> Stream.of();
          case WEBHOOKS -> PAYLOADS.stream().map(name -> "SELECT ON vf." + name + "_log");
          case ENV ->
              Stream.concat(
                  PAYLOADS.stream().map(name -> "SELECT ON vf." + name + "_log"),
                  Stream.of(PAYLOADS, TELEMETRY)
                      .flatMap(List::stream)
                      .map(name -> "INSERT ON vf." + name + "_log"));
        };
    return Stream.concat(CHANGES.stream(), more).toList();
  }

  /** What no role of this process has business with. */
  private static Set<String> tooMuch(Set<Role> roles) {
    Set<String> unwanted = new LinkedHashSet<>();
    EnumSet.allOf(Role.class).forEach(role -> unwanted.addAll(unwanted(role)));
    roles.forEach(role -> unwanted.retainAll(unwanted(role)));
    return unwanted;
  }
}
