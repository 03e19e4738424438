package ingest.jmx;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.operation.Actor;
import java.io.IOException;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.management.JMException;
import org.jolokia.server.core.request.BadRequestException;
import org.jolokia.server.core.request.EmptyResponseException;
import org.jolokia.server.core.request.JolokiaExecRequest;
import org.jolokia.server.core.request.JolokiaRequest;
import org.jolokia.server.core.request.NotChangedException;
import org.jolokia.server.core.util.RequestType;
import org.jolokia.service.jmx.LocalRequestHandler;
import org.jspecify.annotations.Nullable;

/**
 * Answers the requests that {@code jolokia-access.xml} lets through. Notifications are none of
 * them, and Jolokia itself asks nobody before it takes their clients in. Each operation is
 * remembered before it is tried, allowed or not.
 */
final class ListedRequests extends LocalRequestHandler {
  private static final Set<RequestType> TYPES =
      EnumSet.of(
          RequestType.READ,
          RequestType.WRITE,
          RequestType.EXEC,
          RequestType.LIST,
          RequestType.SEARCH);

  private static final String OURS = "ingest";

  private final @Nullable Deeds deeds;

  /** {@code deeds}: null for who may only look: nothing is done. */
  ListedRequests(@Nullable Deeds deeds) {
    super(1000);
    this.deeds = deeds;
  }

  @Override
  public <R extends JolokiaRequest> Object handleRequest(R request, Object previous)
      throws IOException,
          JMException,
          NotChangedException,
          BadRequestException,
          EmptyResponseException {
    if (!TYPES.contains(request.getType())) {
      throw new SecurityException("no " + request.getType() + " over HTTP");
    }
    if (deeds != null && request instanceof JolokiaExecRequest operation) {
      try {
        deeds.record(new Actor(Caller.holder(), "not said"), "jmx.exec", what(operation));
      } catch (SQLException e) {
        throw new IllegalStateException(
            "nothing is done that cannot be audited: the store is away", e);
      }
    }
    return super.handleRequest(request, previous);
  }

  /** Our MBeans record what they are asked for as it may be kept: an erasure names a person. */
  private static ObjectNode what(JolokiaExecRequest operation) {
    ObjectNode what =
        JsonNodeFactory.instance
            .objectNode()
            .put("mbean", operation.getObjectNameAsString())
            .put("operation", operation.getOperation());
    List<?> arguments = operation.getArguments();
    if (arguments != null && !operation.getObjectName().getDomain().equals(OURS)) {
      ArrayNode given = what.putArray("arguments");
      arguments.forEach(argument -> given.add(String.valueOf(argument)));
    }
    return what;
  }
}
