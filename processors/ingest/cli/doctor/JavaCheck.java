package ingest.cli.doctor;

/** The Java that this runs on. */
final class JavaCheck {
  private static final int LEAST = 17;

  private JavaCheck() {}

  static Finding finding() {
    String version = System.getProperty("java.version");
    return Runtime.version().feature() >= LEAST
        ? Finding.ok("Java", version)
        : Finding.fail("Java", version, "install JDK " + LEAST);
  }
}
