package ingest.errors;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.camel.ExchangeProperty;

/** The body of a refused request. */
public final class Refusals {
  /** One sentence, as JSON. */
  public String answer(@ExchangeProperty("reason") String reason) {
    return JsonNodeFactory.instance.objectNode().put("error", reason).toString();
  }
}
