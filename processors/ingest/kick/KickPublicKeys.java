package ingest.kick;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.math.BigInteger;
import java.net.URI;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that Kick's calls are verified with: those of {@code KICK_WEBHOOK_PUBLIC_KEY}, which are
 * never changed, or the one that Kick publishes, with the one before it.
 *
 * <p>Kick announces no rotation, so a call that no key verifies is what asks for the published key
 * again: at most once a minute, one at a time, however many calls are forged. What cannot be
 * fetched or read changes nothing.
 */
public final class KickPublicKeys {
  private static final Logger LOG = LoggerFactory.getLogger(KickPublicKeys.class);

  private static final Duration BETWEEN_FETCHES = Duration.ofMinutes(1);

  /** While there is no key nobody can be verified, so there is less reason to wait. */
  private static final Duration BETWEEN_FIRST_FETCHES = Duration.ofSeconds(5);

  /** Calls that wait for a fetch on its way, and for how long; the others are decided without. */
  private static final int MOST_WAITING = 4;

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Pattern PEM =
      Pattern.compile(
          "-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]{1,4096})-----END PUBLIC KEY-----");

  private static final int LEAST_BITS = 2048;
  private static final int MOST_BITS = 8192;

  /** Kick has 65537; with a large one each verification would cost as much as signing. */
  private static final int MOST_EXPONENT_BITS = 32;

  private final @Nullable Source source;
  private final Clock clock;
  private final ReentrantLock fetching = new ReentrantLock();
  private final Semaphore waiting = new Semaphore(MOST_WAITING);

  private final LongAdder answers = new LongAdder();
  private final LongAdder failures = new LongAdder();

  /** The newest first. */
  private volatile List<RSAPublicKey> keys;

  private volatile Instant fetched = Instant.MIN;

  private KickPublicKeys(List<RSAPublicKey> keys, @Nullable Source source, Clock clock) {
    this.keys = keys;
    this.source = source;
    this.clock = clock;
  }

  /** Where the published key comes from. */
  @FunctionalInterface
  public interface Source {
    /** The key as PEM; bounded in time. */
    String ask() throws Exception;
  }

  /**
   * Those that are configured, else those that Kick publishes.
   *
   * @throws SettingException when what is configured are no keys, or the key would come over a line
   *     on which anybody can put another in its place
   */
  public static KickPublicKeys of(Settings settings, Clock clock) {
    String configured = settings.find("kick.webhook-public-key").orElse(null);
    if (configured == null) {
      URI api = settings.url("kick.api-url");
      requireTrusted(api);
      return fetched(
          new PublishedKey(
              api,
              Duration.ofMillis(settings.number("kick.connect-timeout", 1, 60_000)),
              Duration.ofMillis(settings.number("kick.response-timeout", 1, 60_000))),
          clock);
    }
    try {
      return configured(configured);
    } catch (IllegalArgumentException e) {
      throw new SettingException(
          Settings.variable("kick.webhook-public-key") + ": " + e.getMessage());
    }
  }

  private static void requireTrusted(URI api) {
    String host = api.getHost().toLowerCase(Locale.ROOT);
    boolean loopback =
        host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.[0-9]{1,3}){3}");
    if (!"https".equals(api.getScheme()) && !loopback) {
      throw new SettingException(
          "%s: the key that Kick's webhooks are verified with is not fetched over http: give an https URL, or the key in %s"
              .formatted(
                  Settings.variable("kick.api-url"), Settings.variable("kick.webhook-public-key")));
    }
  }

  /**
   * Those of {@code pem}, one after another, for good.
   *
   * @throws IllegalArgumentException when it has none, or one that is no RSA key of 2048 to 8192
   *     bits
   */
  public static KickPublicKeys configured(String pem) {
    return new KickPublicKeys(parse(pem), null, Clock.systemUTC());
  }

  /** None at first; {@code source} is asked when the first call comes. */
  public static KickPublicKeys fetched(Source source, Clock clock) {
    return new KickPublicKeys(List.of(), source, clock);
  }

  /** The newest first; the same list until they change. */
  List<RSAPublicKey> current() {
    return keys;
  }

  /**
   * Called when none of {@code tried} verified a call: true when there are others by now. May wait
   * for a fetch, bounded, and only for a few calls at a time.
   */
  boolean renewed(List<RSAPublicKey> tried) {
    if (keys != tried) {
      return true;
    }
    Source published = source;
    if (published == null || !(fetching.isLocked() || isDue()) || !waiting.tryAcquire()) {
      return false;
    }
    try {
      if (!fetching.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        return false;
      }
      try {
        if (keys == tried && isDue()) {
          fetch(published);
        }
        return keys != tried;
      } finally {
        fetching.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting.release();
    }
  }

  /** Counts how it went when Kick was asked. */
  public void count(MeterRegistry registry) {
    count(registry, "fetched", answers);
    count(registry, "failed", failures);
  }

  private static void count(MeterRegistry registry, String outcome, LongAdder times) {
    FunctionCounter.builder("ingest.webhooks.key.fetches", times, LongAdder::sum)
        .description("Times that a sender was asked for its public key")
        .tag("source", "kick")
        .tag("outcome", outcome)
        .register(registry);
  }

  private List<RSAPublicKey> counted(Source published) throws Exception {
    try {
      List<RSAPublicKey> answered = parse(published.ask());
      answers.increment();
      return answered;
    } catch (Exception e) {
      failures.increment();
      throw e;
    }
  }

  private boolean isDue() {
    Duration between = keys.isEmpty() ? BETWEEN_FIRST_FETCHES : BETWEEN_FETCHES;
    Instant last = fetched;
    Instant now = clock.instant();
    return last.equals(Instant.MIN) || now.isBefore(last) || !now.isBefore(last.plus(between));
  }

  private void fetch(Source published) {
    try {
      List<RSAPublicKey> answered = counted(published);
      if (keys.isEmpty() || !keys.get(0).equals(answered.get(0))) {
        LOG.info("kick: the key of webhooks is now {}", fingerprint(answered.get(0)));
        List<RSAPublicKey> renewed = new ArrayList<>(answered.subList(0, 1));
        keys.stream().limit(1).forEach(renewed::add);
        keys = List.copyOf(renewed);
      }
    } catch (Exception e) {
      LOG.warn(
          "kick: asking for the key of webhooks: {}", e.toString().lines().findFirst().orElse(""));
    } finally {
      fetched = clock.instant();
    }
  }

  private static String fingerprint(RSAPublicKey key) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
      return "SHA256:" + HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Line ends may be written as {@code \n}, as in variables of one line. */
  private static List<RSAPublicKey> parse(String pem) {
    List<RSAPublicKey> keys = new ArrayList<>();
    Matcher blocks = PEM.matcher(pem.replace("\\r", "").replace("\\n", "\n"));
    StringBuilder rest = new StringBuilder();
    while (blocks.find()) {
      blocks.appendReplacement(rest, "");
      keys.add(key(blocks.group(1).replaceAll("\\s", "")));
    }
    blocks.appendTail(rest);
    if (keys.isEmpty() || !rest.toString().isBlank()) {
      throw new IllegalArgumentException("is not one or more public keys as PEM");
    }
    return List.copyOf(keys);
  }

  private static RSAPublicKey key(String base64) {
    try {
      RSAPublicKey key =
          (RSAPublicKey)
              KeyFactory.getInstance("RSA")
                  .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64)));
      BigInteger modulus = key.getModulus();
      if (modulus.bitLength() < LEAST_BITS
          || modulus.bitLength() > MOST_BITS
          || key.getPublicExponent().bitLength() > MOST_EXPONENT_BITS) {
        throw new IllegalArgumentException(
            "the public key is not RSA of %d to %d bits with a small exponent"
                .formatted(LEAST_BITS, MOST_BITS));
      }
      return key;
    } catch (InvalidKeySpecException e) {
      throw new IllegalArgumentException("the public key is not RSA");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
