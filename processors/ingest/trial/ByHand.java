package ingest.trial;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a caller of {@code try} gives: one answer for every request, rows for SQL steps. */
public final class ByHand implements Given {
  private final @Nullable String answer;
  private final @Nullable JsonNode rows;
  private boolean first = true;

  /**
   * What was given.
   *
   * @param answer of the upstream
   * @param rows a list for the first SQL step, or an object with a list for each step by its id
   * @throws TrialException when the rows are neither
   */
  public ByHand(@Nullable String answer, @Nullable String rows) {
    this.answer = answer;
    this.rows = rows == null ? null : parse(rows);
  }

  private static JsonNode parse(String rows) {
    try {
      JsonNode parsed = new ObjectMapper().readTree(rows);
      if (parsed.isContainerNode()) {
        return parsed;
      }
    } catch (JsonProcessingException e) {
      // told below; its message quotes the rows
    }
    throw new TrialException(
        "the rows are no JSON: a list of objects, or an object with a list for each step");
  }

  @Override
  public Optional<Answer> answer(Step step, String url, boolean token) {
    return token || answer == null ? Optional.empty() : Optional.of(Answer.json(answer));
  }

  @Override
  public synchronized Optional<List<Map<String, Object>>> rows(Step step) {
    boolean isFirst = first;
    first = false;
    if (rows == null) {
      return Optional.empty();
    }
    JsonNode own = rows.isArray() ? (isFirst ? rows : null) : rows.get(step.id());
    return Optional.ofNullable(own).map(Rows::of);
  }
}
