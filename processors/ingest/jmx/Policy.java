package ingest.jmx;

import java.io.IOException;
import java.util.Set;
import javax.management.ObjectName;
import org.jolokia.server.core.restrictor.RestrictorFactory;
import org.jolokia.server.core.service.api.Restrictor;
import org.jolokia.server.core.util.HttpMethod;
import org.jolokia.server.core.util.RequestType;

/**
 * What of JMX may be asked for over HTTP: what {@code jolokia-access.xml} lists, and of its
 * operations none for whoever may only look. Nothing writes an attribute.
 *
 * <p>An operation is of one MBean: a pattern of names would stop every route with one call.
 */
final class Policy implements Restrictor {
  private static final String LISTED = "classpath:/jolokia-access.xml";

  /** Domains whose MBeans are named at all; the others do not exist. */
  private static final Set<String> DOMAINS = Set.of("ingest", "org.apache.camel", "java.lang");

  private final Restrictor listed;
  private final boolean acts;

  /**
   * @param acts whether operations are let through
   * @throws IllegalStateException when there is no list: without one Jolokia allows everything
   */
  Policy(boolean acts) {
    this.acts = acts;
    try {
      Restrictor found = RestrictorFactory.lookupPolicyRestrictor(LISTED);
      if (found == null) {
        throw new IllegalStateException(LISTED + " is missing");
      }
      this.listed = found;
    } catch (IOException e) {
      throw new IllegalStateException(LISTED + " cannot be read", e);
    }
  }

  @Override
  public boolean isHttpMethodAllowed(HttpMethod method) {
    return listed.isHttpMethodAllowed(method);
  }

  @Override
  public boolean isTypeAllowed(RequestType type) {
    return listed.isTypeAllowed(type);
  }

  @Override
  public boolean isAttributeReadAllowed(ObjectName bean, String attribute) {
    return listed.isAttributeReadAllowed(bean, attribute);
  }

  @Override
  public boolean isAttributeWriteAllowed(ObjectName bean, String attribute) {
    return false;
  }

  @Override
  public boolean isOperationAllowed(ObjectName bean, String operation) {
    return acts && !bean.isPattern() && listed.isOperationAllowed(bean, operation);
  }

  /** Who may ask is the guard's to say. */
  @Override
  public boolean isRemoteAccessAllowed(String... hostsOrAddresses) {
    return true;
  }

  /** Who may ask is the guard's to say; no answer carries what would let a web page read it. */
  @Override
  public boolean isOriginAllowed(String origin, boolean strict) {
    return true;
  }

  @Override
  public boolean isObjectNameHidden(ObjectName bean) {
    return !DOMAINS.contains(bean.getDomain());
  }
}
