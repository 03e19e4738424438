package ingest.jmx;

import ingest.admin.OperationsApi;
import ingest.admin.TargetsApi;
import ingest.delivery.Counts;
import ingest.delivery.Lane;
import ingest.delivery.Targets;
import ingest.upstream.Permits;
import ingest.upstream.Standing;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.management.JMException;
import javax.management.ObjectName;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.ManagementAgent;

/** Our MBeans, in domain {@code ingest}; Camel registers them and takes them away when it stops. */
public final class Beans {
  private final Map<String, Object> beans = new TreeMap<>();

  /** One for each target of this process, and for its lane. */
  public Beans targets(Collection<Lane> lanes, Targets rows, Counts counts, TargetsApi api) {
    Fresh<List<Targets.Row>> freshRows = new Fresh<>(rows::all);
    Fresh<Map<String, Counts.Deliveries>> freshCounts = new Fresh<>(counts::deliveries);
    for (Lane lane : lanes) {
      String name = lane.target().name();
      beans.put("type=targets,name=" + name, new TargetBean(name, freshRows, freshCounts, api));
      beans.put("type=lanes,name=" + name, new LaneBean(lane));
    }
    return this;
  }

  /** One for each upstream that has limits. */
  public Beans upstreams(Collection<String> names, Permits permits) {
    Fresh<List<Standing>> standings = new Fresh<>(permits::standings);
    names.forEach(n -> beans.put("type=upstreams,name=" + n, new UpstreamBean(n, standings)));
    return this;
  }

  /** {@code beginnings}: how each kind of operation is begun. */
  public Beans operations(OperationsApi api, Map<String, OperationsBean.Beginning> beginnings) {
    beans.put("type=operations", new OperationsBean(api, beginnings));
    return this;
  }

  /** Registers them; nothing where JMX is off. */
  public void register(CamelContext camel) {
    ManagementAgent agent = camel.getManagementStrategy().getManagementAgent();
    if (agent == null) {
      return;
    }
    try {
      for (Map.Entry<String, Object> bean : beans.entrySet()) {
        agent.register(bean.getValue(), new ObjectName("ingest:" + bean.getKey()));
      }
    } catch (JMException e) {
      throw new IllegalStateException("registering MBeans", e);
    }
  }
}
