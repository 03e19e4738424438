package ingest.embedded.simulator;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whom a call of /channels asks for, as it says so: by ids or by slugs, never both. */
record ChannelQuery(List<Long> ids, List<String> slugs) {
  static final int MOST = 50;
  private static final int LONGEST_SLUG = 25;

  /**
   * Reads a query string.
   *
   * @throws InvalidRequest when Kick would answer 400; asking for nobody is that too, because it
   *     means the channel of the token's user and an app token has none
   */
  static ChannelQuery parse(@Nullable String query) {
    Map<String, List<String>> parameters =
        new QueryStringDecoder(query == null ? "" : query, false).parameters();
    List<String> ids = parameters.getOrDefault("broadcaster_user_id", List.of());
    List<String> slugs = parameters.getOrDefault("slug", List.of());
    int asked = ids.size() + slugs.size();
    if (ids.isEmpty() == slugs.isEmpty() || asked > MOST) {
      throw new InvalidRequest("1 to " + MOST + " ids, or as many slugs");
    }
    if (slugs.stream().anyMatch(slug -> slug.length() > LONGEST_SLUG)) {
      throw new InvalidRequest("a slug has at most " + LONGEST_SLUG + " characters");
    }
    try {
      return new ChannelQuery(ids.stream().map(Long::valueOf).toList(), slugs);
    } catch (NumberFormatException e) {
      throw new InvalidRequest("an id is a whole number");
    }
  }

  /**
   * The channels that exist of those asked for, each once, in the order of the call.
   *
   * @throws InvalidRequest when a slug is unknown: one of them fails the whole call. An unknown id
   *     is absent.
   */
  List<SimulatedChannel> in(World world) {
    if (slugs.isEmpty()) {
      return ids.stream().distinct().map(world::byId).flatMap(Optional::stream).toList();
    }
    return slugs.stream()
        .distinct()
        .map(slug -> world.bySlug(slug).orElseThrow(() -> new InvalidRequest("a slug is unknown")))
        .toList();
  }
}
