package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;

/** JSON as a command prints it: indented for a person, on one line for a program. */
final class Json {
  private Json() {}

  static void print(JsonNode answer, Surroundings around) {
    around.out().println(around.terminal() ? answer.toPrettyString() : answer.toString());
  }
}
