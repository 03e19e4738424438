package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.settings.Settings;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows who is called by a name, or was: names over time, last streams. */
@Command(
    name = "channel",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Finds channels by a name, of now or of earlier, or by the platform's own id:",
      "what is known of them, their names over time and their last streams."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest channel trainwreckstv",
      "  bin/ingest channel 676 --platform kick --json"
    })
final class ChannelCommand implements Callable<Integer> {
  private static final String PATH = "/admin/channels/";

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  @Parameters(paramLabel = "NAME", description = "A channel's name in URLs, or its id.")
  private String name = "";

  @Option(
      names = "--platform",
      paramLabel = "PLATFORM",
      description = "Channels of this one alone, such as kick.")
  private @Nullable String platform;

  ChannelCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    String query = platform == null ? "" : "?platform=" + AdminApi.segment(platform);
    JsonNode channels = api.connect().get(PATH + AdminApi.segment(name) + query);
    if (api.json()) {
      api.printJson(channels);
    } else {
      channels.forEach(this::print);
    }
    if (channels.isEmpty()) {
      throw new CommandFailure(
          "no channel is or was called %s%s: it has not been seen yet"
              .formatted(name, platform == null ? "" : " on " + platform));
    }
    return 0;
  }

  private void print(JsonNode channel) {
    around
        .out()
        .printf(
            "%s %s is %s%s%s, channel %d (%s)%n",
            Text.of(channel.path("platform")),
            Text.of(channel.path("platform_user_id")),
            channel.path("slug").isNull() ? "without a name now" : Text.of(channel.path("slug")),
            channel.path("is_live").asBoolean() ? ", live" : "",
            channel.path("is_banned").asBoolean() ? ", banned" : "",
            channel.path("channel_id").asLong(),
            Text.of(channel.path("external_id")));
    around
        .out()
        .printf(
            "followers %s, last seen %s, asked for next %s%n",
            Text.of(channel.path("follower_count")),
            Text.time(channel.path("last_seen_at"), around.clock()),
            Text.time(channel.path("next_probe_at"), around.clock()));
    Table names = new Table("NAME", "FROM", "UNTIL");
    for (JsonNode name : channel.path("names")) {
      names.row(
          name.path("slug"),
          Text.time(name.path("from"), around.clock()),
          Text.time(name.path("until"), around.clock()));
    }
    names.print(around.out(), around.ansi());
    Table sessions = new Table("STREAM", "ENDED", "PEAK", "AVERAGE", "TITLE");
    for (JsonNode session : channel.path("sessions")) {
      sessions.row(
          Text.time(session.path("started_at"), around.clock()),
          Text.time(session.path("ended_at"), around.clock()),
          session.path("peak_viewers"),
          session.path("average_viewers"),
          session.path("title"));
    }
    if (!sessions.isEmpty()) {
      sessions.print(around.out(), around.ansi());
    }
    around.out().println();
  }
}
