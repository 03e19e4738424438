package ingest.fuzz;

import ingest.signature.Scheme;
import ingest.signature.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A scheme accepts what was signed and nothing else, and always knows. */
final class VerifierSubject implements Subject {
  private final String sender;
  private final Scheme scheme;
  private final Instant now;
  private final List<Sample> genuine;
  private final Function<Sample, String> covered;
  private final Set<String> signed;

  /** {@code covered}: what of a call its signature covers. */
  VerifierSubject(
      String sender,
      Scheme scheme,
      Instant now,
      List<Sample> genuine,
      Function<Sample, String> covered) {
    this.sender = sender;
    this.scheme = scheme;
    this.now = now;
    this.genuine = genuine;
    this.covered = covered;
    this.signed = genuine.stream().map(covered).collect(Collectors.toSet());
    for (Sample call : genuine) {
      if (!scheme.verify(call.headers, call.body, now).valid()) {
        throw new IllegalStateException(name() + " refuses a genuine call: " + call);
      }
    }
  }

  @Override
  public String name() {
    return "verifier " + sender;
  }

  @Override
  public List<Sample> genuine() {
    return genuine;
  }

  @Override
  public Taken take(Sample call) {
    Verdict verdict = scheme.verify(call.headers, call.body, now);
    String wrong = null;
    if (verdict.undecided()) {
      wrong = "is answered 503: " + verdict.message();
    } else if (verdict.valid() && !signed.contains(covered.apply(call))) {
      wrong = "is accepted, and nobody signed it";
    }
    return new Taken(verdict.name(), wrong);
  }

  /** One letter for each byte. */
  static String text(byte[] body) {
    return new String(body, StandardCharsets.ISO_8859_1);
  }
}
