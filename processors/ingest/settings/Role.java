package ingest.settings;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Which routes a process starts: each route names its role in its {@code precondition}. */
public enum Role {
  INGEST,
  WEBHOOKS,
  ENV;

  private static final String ALL = "all";

  /** No routes: {@code run} migrates the stores it has DSNs for and ends. */
  private static final String MIGRATE = "migrate";

  /** The role's settings that have to have a value. */
  public List<String> needs() {
    return switch (this) {
      case INGEST ->
          List.of("dm.database-url", "clickhouse.url", "kick.client-id", "kick.client-secret");
      case WEBHOOKS -> List.of("dm.database-url");
      case ENV -> List.of("database.url", "ingest.delivery-secret");
    };
  }

  /** The secrets of this role alone: in production no other role may hold them. */
  public List<String> secrets() {
    return switch (this) {
      case INGEST ->
          List.of(
              "kick.client-secret",
              "x.bearer-token",
              "sheets.api-key",
              "scrapedo.token",
              "scraper.api-key");
      case WEBHOOKS ->
          List.of("sumsub.webhook-secret", "x.consumer-secret", "resend.webhook-secret");
      case ENV -> List.of("ingest.delivery-secret");
    };
  }

  /** As {@code INGEST_ROLE} spells it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** True when everything runs in this process, which is what the embedded default is for. */
  public static boolean all(Settings settings) {
    return settings.text("ingest.role").equals(ALL);
  }

  /** True when {@code run} is only to migrate. */
  public static boolean migrates(Settings settings) {
    return settings.text("ingest.role").equals(MIGRATE);
  }

  /**
   * The roles of {@code INGEST_ROLE}.
   *
   * @throws SettingException for a word that is none
   */
  public static Set<Role> of(Settings settings) {
    if (all(settings)) {
      return EnumSet.allOf(Role.class);
    }
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String word : settings.list("ingest.role")) {
      roles.add(
          Arrays.stream(values())
              .filter(r -> r.word().equals(word))
              .findFirst()
              .orElseThrow(
                  () ->
                      settings.unreadable(
                          "ingest.role",
                          word,
                          "a role: "
                              + Arrays.stream(values())
                                  .map(Role::word)
                                  .collect(Collectors.joining(", "))
                              + ", migrate or all")));
    }
    if (roles.isEmpty()) {
      throw settings.unreadable("ingest.role", settings.text("ingest.role"), "a role");
    }
    return roles;
  }
}
