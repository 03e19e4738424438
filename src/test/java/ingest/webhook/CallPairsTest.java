package ingest.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What becomes of every recorded call; a new case is two files. */
final class CallPairsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TestFactory
  List<DynamicTest> calls() throws IOException {
    CallMapping mapping = CallPairs.mapping();
    List<DynamicTest> tests = new ArrayList<>();
    for (Sender sender : CallPairs.found(Sender.class)) {
      for (String name : CallPairs.cases(sender)) {
        tests.add(dynamicTest(sender.source() + " " + name, () -> holds(mapping, sender, name)));
      }
    }
    return tests;
  }

  private static void holds(CallMapping mapping, Sender sender, String name) throws IOException {
    Call call =
        CallPairs.call(sender, CallPairs.headers(sender, name), CallPairs.body(sender, name));
    assertEquals(
        JSON.readTree(events(sender, name).toFile()).toPrettyString(),
        JSON.readTree(CallPairs.written(mapping.map(call)).toString()).toPrettyString());
  }

  private static Path events(Sender sender, String name) {
    return CallPairs.CALLS.resolve(sender.source()).resolve(name + CallPairs.EVENTS);
  }

  @Test
  void every_sender_has_cases_and_every_file_belongs_to_one() throws IOException {
    List<String> told = new ArrayList<>();
    for (Sender sender : CallPairs.found(Sender.class)) {
      List<String> cases = CallPairs.cases(sender);
      assertTrue(!cases.isEmpty(), sender.source());
      for (String name : cases) {
        if (!Files.exists(events(sender, name))) {
          told.add(events(sender, name) + " is missing");
        }
      }
      for (String file : CallPairs.files(sender)) {
        boolean known =
            Stream.of(CallPairs.BODY, CallPairs.HEADERS, CallPairs.EVENTS)
                .anyMatch(end -> cases.stream().anyMatch(c -> file.equals(c + end)));
        if (!known && !List.of("headers.json", CallPairs.ARRIVAL).contains(file)) {
          told.add(sender.source() + "/" + file + " belongs to no case");
        }
      }
    }
    assertEquals(List.of(), told);
  }
}
