package ingest.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;

/** The secret between the embedded sender and consumer, made once for a data folder. */
final class DeliverySecret {
  private static final int BYTES = 32;

  private DeliverySecret() {}

  /** The folder's {@code whsec_…}; the file is complete or absent, and its owner's alone. */
  static String of(Path folder) throws IOException {
    Path file = folder.resolve("delivery-secret");
    if (!Files.exists(file)) {
      byte[] random = new byte[BYTES];
      new SecureRandom().nextBytes(random);
      Path aside = folder.resolve("delivery-secret.new");
      Files.deleteIfExists(aside);
      Files.createFile(
          aside,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(aside, "whsec_" + Base64.getEncoder().encodeToString(random));
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    }
    return Files.readString(file).strip();
  }
}
