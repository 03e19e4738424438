package ingest.embedded;

import ingest.embedded.simulator.webhook.SenderKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.function.Supplier;

/**
 * The secrets between the embedded parts, each made once for a data folder. A file is complete or
 * absent, and its owner's alone.
 */
final class FolderKeys {
  private FolderKeys() {}

  /** The folder's secret of this name: {@code prefix} and the base64 of 32 random bytes. */
  static String secret(Path folder, String name, String prefix) throws IOException {
    return text(folder, name, () -> prefix + SenderKeys.randomSecret());
  }

  /** The folder's RSA key pair of this name. */
  static KeyPair rsa(Path folder, String name) throws IOException {
    String kept =
        text(
            folder,
            name,
            () -> Base64.getEncoder().encodeToString(SenderKeys.rsa().getPrivate().getEncoded()));
    try {
      KeyFactory keys = KeyFactory.getInstance("RSA");
      RSAPrivateCrtKey key =
          (RSAPrivateCrtKey)
              keys.generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(kept)));
      return new KeyPair(
          keys.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())),
          key);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(folder.resolve(name) + " holds no RSA key; delete it for a new one");
    }
  }

  private static String text(Path folder, String name, Supplier<String> made) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      Path aside = folder.resolve(name + ".new");
      Files.deleteIfExists(aside);
      Files.createFile(
          aside,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(aside, made.get());
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    }
    return Files.readString(file).strip();
  }
}
