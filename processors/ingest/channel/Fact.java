package ingest.channel;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a channel beside its name and its stream: a column of {@code
 * dm.streamer_channel} with the revision that wrote it. A new fact is one line here and three
 * columns in a migration.
 */
enum Fact {
  DISPLAY_NAME("display_name", "text", Sighting::displayName),
  AVATAR_URL("avatar_url", "text", Sighting::avatarUrl),
  BIO("bio", "text", Sighting::bio),
  FOLLOWER_COUNT("follower_count", "integer", Sighting::followers),
  IS_BANNED("is_banned", "boolean", Sighting::banned);

  final String column;
  final String type;

  @SuppressWarnings("ImmutableEnumChecker") // a method of a record
  private final Function<Sighting, @Nullable Object> value;

  Fact(String column, String type, Function<Sighting, @Nullable Object> value) {
    this.column = column;
    this.type = type;
    this.value = value;
  }

  /** Null where the sighting does not say. */
  @Nullable Object of(Sighting sighting) {
    return value.apply(sighting);
  }
}
