package ingest.delivery;

import java.util.regex.Pattern;

/** The cause of a refusal without what differs from event to event, to group dead letters by. */
final class Fingerprint {
  private static final Pattern VARYING =
      Pattern.compile("'[^']*'|\"[^\"]*\"|[0-9A-Za-z]*[0-9][0-9A-Za-z-]*");

  private Fingerprint() {}

  static String of(String reason) {
    String plain = VARYING.matcher(reason).replaceAll("#");
    return plain.length() > 200 ? plain.substring(0, 200) : plain;
  }
}
