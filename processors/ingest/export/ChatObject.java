package ingest.export;

/** An object of the export, packed; the same rows have the same name and the same bytes. */
final class ChatObject {
  private final String key;
  private final byte[] gzip;
  private final int rows;
  private final boolean late;

  /** Takes the bytes as they are, without a copy. */
  ChatObject(String key, byte[] gzip, int rows, boolean late) {
    this.key = key;
    this.gzip = gzip;
    this.rows = rows;
    this.late = late;
  }

  String key() {
    return key;
  }

  byte[] gzip() {
    return gzip;
  }

  int rows() {
    return rows;
  }

  boolean late() {
    return late;
  }
}
