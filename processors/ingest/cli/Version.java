package ingest.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that the jar was built as; a class folder has none. */
final class Version implements IVersionProvider {
  private static final String BUILD = "/META-INF/maven/io.verifluence/ingest/pom.properties";

  @Override
  public String[] getVersion() throws IOException {
    Properties build = new Properties();
    try (InputStream in = Version.class.getResourceAsStream(BUILD)) {
      if (in != null) {
        build.load(in);
      }
    }
    return new String[] {
      "ingest " + build.getProperty("version", "unpackaged"),
      "Java %s, %s %s"
          .formatted(
              System.getProperty("java.version"),
              System.getProperty("os.name"),
              System.getProperty("os.arch"))
    };
  }
}
