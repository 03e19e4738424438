package ingest.signature;

/** The hashes that senders of webhooks take for their HMAC. */
public enum Hmac {
  /** Broken as a hash, and for an HMAC still sound; for senders that know nothing better. */
  SHA1("HmacSHA1"),
  SHA256("HmacSHA256"),
  SHA512("HmacSHA512");

  private final String jdkName;

  Hmac(String jdkName) {
    this.jdkName = jdkName;
  }

  String jdkName() {
    return jdkName;
  }
}
