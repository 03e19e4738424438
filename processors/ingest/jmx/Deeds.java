package ingest.jmx;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.operation.Actor;
import java.sql.SQLException;

/** Where it is remembered that somebody wants to act, before it is tried. */
public interface Deeds {
  void record(Actor actor, String action, JsonNode what) throws SQLException;
}
