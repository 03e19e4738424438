package ingest.trust;

import java.util.List;

/** A trust score with what it is made of. Its band is what the score could be if all were known. */
public record Score(List<Part> parts) {
  public Score {
    parts = List.copyOf(parts);
  }

  /** The lower end of the band, 0 at least. */
  public double low() {
    return parts.stream().mapToDouble(Part::low).sum();
  }

  /** The upper end of the band, 100 at most. */
  public double high() {
    return parts.stream().mapToDouble(Part::high).sum();
  }

  /** The middle of the band. */
  public double value() {
    return (low() + high()) / 2;
  }
}
