package ingest.embedded.simulator.webhook;

/**
 * What one call is to tell, not signed yet.
 *
 * @param template the type, with what tells its templates apart behind a hyphen
 */
record Notification(SendingParty party, String template, String body) {

  /** As the sender names it. */
  String type() {
    int hyphen = template.indexOf('-');
    return hyphen < 0 ? template : template.substring(0, hyphen);
  }

  Notification withBody(String other) {
    return new Notification(party, template, other);
  }
}
