package ingest.trial;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Words that someone may have meant. */
final class Near {
  private static final int MOST = 3;

  private Near() {}

  /** The words that are a few letters from {@code word}, or have it in them; the nearest first. */
  static List<String> to(String word, Collection<String> words) {
    return words.stream()
        .filter(w -> w.contains(word) || distance(word, w) <= Math.max(2, word.length() / 3))
        .sorted(Comparator.comparingInt((String w) -> distance(word, w)).thenComparing(w -> w))
        .limit(MOST)
        .toList();
  }

  /** Levenshtein's. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
