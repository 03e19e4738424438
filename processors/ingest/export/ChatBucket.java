package ingest.export;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** Where chat is exported to. */
public final class ChatBucket {
  private static final int TRIES = 3;

  private ChatBucket() {}

  /**
   * A client of the bucket's store; null where chat goes into a folder.
   *
   * @throws SettingException when what is set cannot be meant
   */
  public static @Nullable S3Client open(Settings settings) {
    String to = settings.text("export.chat.to");
    if (to.equals("folder")) {
      return null;
    }
    if (!to.equals("s3")) {
      throw settings.unreadable("export.chat.to", to, "folder or s3");
    }
    for (String key : List.of("export.chat.bucket", "export.chat.region")) {
      if (!settings.has(key)) {
        throw new SettingException(
            "%s is needed where EXPORT_CHAT_TO is s3".formatted(Settings.variable(key)));
      }
    }
    Duration patience = settings.duration("export.chat.timeout");
    S3ClientBuilder client =
        S3Client.builder()
            .region(Region.of(settings.text("export.chat.region")))
            .httpClientBuilder(
                UrlConnectionHttpClient.builder()
                    .connectionTimeout(patience)
                    .socketTimeout(patience))
            .overrideConfiguration(
                o -> o.apiCallTimeout(patience.multipliedBy(TRIES)).apiCallAttemptTimeout(patience))
            // stores that are not Amazon's do not all know the newer checksums
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
    settings
        .find("export.chat.endpoint")
        .ifPresent(url -> client.endpointOverride(endpoint(settings, url)).forcePathStyle(true));
    settings
        .find("export.chat.access-key")
        .ifPresent(
            key ->
                client.credentialsProvider(
                    StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(key, settings.text("export.chat.secret-key")))));
    return client.build();
  }

  private static URI endpoint(Settings settings, String url) {
    try {
      URI uri = URI.create(url);
      if (uri.getHost() != null && String.valueOf(uri.getScheme()).startsWith("http")) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw settings.unreadable("export.chat.endpoint", url, "a URL such as https://s3.example.com");
  }
}
