package io.netpol.observe;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import io.netpol.route.BatchWindow;
import io.netpol.route.DeadLetters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;

/** All that can be seen of a running agent: its own state, pods and policies. */
public final class AgentView {

  /** What the agent is bound as in Camel's registry. */
  public static final String NAME = "agentView";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .registerModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);

  private final CamelContext context;
  private final Cluster cluster;
  private final Dataplane dataplane;
  private final Set<Family> families;
  private final NodeView node;
  private final ApplyHistory activity;
  private final ApplyExecutor applier;
  private final BatchWindow window;
  private final DeadLetters letters;

  /** Of one agent. */
  public AgentView(
      CamelContext context,
      Cluster cluster,
      Dataplane dataplane,
      Set<Family> families,
      NodeView node,
      ApplyHistory activity,
      ApplyExecutor applier,
      BatchWindow window,
      DeadLetters letters) {
    this.context = context;
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.families = families;
    this.node = node;
    this.activity = activity;
    this.applier = applier;
    this.window = window;
    this.letters = letters;
  }

  /** The tool that takes rules, the first where there is one for each family. */
  private String ruleTool() {
    return dataplane.tools().stream()
        .filter(tool -> tool.stages().contains(Stage.CHAINS))
        .map(KernelTool::id)
        .findFirst()
        .orElseThrow();
  }

  PipelineView pipeline() {
    return new PipelineView(
        cluster.nodeName(),
        context.resolvePropertyPlaceholders("{{netpol.exec." + ruleTool() + ".write}}"),
        families.stream().map(NodeView::word).sorted().toList(),
        cluster.isListed(),
        ObjectSources.status(context).stream()
            .map(view -> new PipelineView.Source(view.kind(), view.age().toMillis()))
            .toList(),
        applier.waiting(),
        window.isGathering(),
        window.next().toMillis(),
        activity.last(),
        cluster.policies().size(),
        cluster.pods().size(),
        cluster.localPods().size(),
        letters.letters().size(),
        stoppedRoutes());
  }

  private List<String> stoppedRoutes() {
    Set<String> stopped = new TreeSet<>();
    for (Route route : context.getRoutes()) {
      if (!context.getRouteController().getRouteStatus(route.getRouteId()).isStarted()) {
        stopped.add(route.getRouteId());
      }
    }
    return List.copyOf(stopped);
  }

  NodeView node() {
    return node;
  }

  /** All that the filter wants, as maps and lists. */
  Map<String, Object> json(ViewFilter filter) {
    Map<String, Object> all = new LinkedHashMap<>();
    NodeView.Some<PodView> pods = node.pods(filter);
    NodeView.Some<PolicyView> policies = node.policies(filter);
    all.put("pipeline", pipeline());
    all.put("pods", pods.shown());
    all.put("morePods", pods.more());
    all.put("policies", policies.shown());
    all.put("morePolicies", policies.more());
    return JSON.convertValue(all, new TypeReference<>() {});
  }

  /** The same as text of JSON. */
  String jsonText(ViewFilter filter) {
    return JSON.valueToTree(json(filter)).toPrettyString() + "\n";
  }
}
