package ingest.envelope;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PersonsTest {
  @ParameterizedTest(name = "{0} {1} names {2}: {3}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "kick | {\"sender\":{\"user_id\":7}} | kick:7 | true",
        "kick | {\"giftee_ids\":[\"8\",\"7\"]} | kick:7 | true",
        "kick | {\"banned_user_id\":\"7\"} | kick:7 | true",
        "kick | {\"follower\":{\"user_id\":7}} | kick:7 | true",
        "kick | {\"category\":{\"id\":7}} | kick:7 | false",
        "kick | {\"emotes\":[{\"emote_id\":\"7\"}]} | kick:7 | false",
        "kick | {\"viewer_count\":7} | kick:7 | false",
        "kick | {\"user_id\":77} | kick:7 | false",
        "x | {\"users\":{\"7\":{\"name\":\"a\"}}} | x:7 | true",
        "x | {\"target\":{\"id\":\"7\"}} | x:7 | true",
        "dm | {\"platform\":\"kick\",\"platform_user_id\":\"7\"} | kick:7 | true",
        "dm | {\"channel_id\":7} | dm:7 | false",
        "sumsub | {\"applicantId\":\"7\"} | sumsub:7 | true",
        "scraperapi | {\"response\":{\"body\":\"{\\\"user_id\\\":7}\"}} | kick:7 | true",
        "resend | {\"data\":{\"to\":[\"An <A.B@c.example>\"]}} | email:a.b@c.example | true",
        "resend | {\"data\":{\"to\":[\"xa.b@c.example\"]}} | email:a.b@c.example | false",
        "kick | {\"content\":\"hi @Maple_Fan!\"} | name:maple_fan | true",
        "kick | {\"content\":\"maple_fans\"} | name:maple_fan | false",
        "x | not json at all 1234567 | x:1234567 | true"
      })
  void a_person_is_known_by_the_fields_that_name_people(
      String source, String body, String identity, boolean named) {
    assertEquals(named, Persons.in(source, body, true).contains(identity));
  }
}
