package ingest.reload;

/** An edit that is not taken over; the message names the file and what is wrong with it. */
final class Refused extends Exception {
  private static final long serialVersionUID = 1;

  Refused(String message) {
    super(message);
  }

  static Refused in(String file, String what) {
    return new Refused(file + ": " + what);
  }
}
