package io.netpol.lab;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Describes the cluster of the demo: a shop, its monitoring, a guest, and a host outside. */
public final class ExampleCluster {

  /** Where everybody listens; the shop's pods speak TCP here. */
  public static final int TCP_PORT = 80;

  /** Where everybody listens; names are asked for by UDP here. */
  public static final int UDP_PORT = 53;

  private static final Map<String, Map<String, String>> LABELS =
      Map.of(
          "ops", Map.of("team", "ops"),
          "shop/web", Map.of("app", "web"),
          "shop/cart", Map.of("app", "cart"),
          "shop/db", Map.of("app", "db"),
          "ops/monitor", Map.of("app", "monitor"),
          "guest/toy", Map.of("app", "toy"));

  private ExampleCluster() {}

  /** Returns the plan of its network: two nodes, so that every agent has pods elsewhere. */
  public static LabPlan plan() {
    return LabPlan.of(LabPlan.Wiring.ROUTED)
        .node("n1")
        .node("n2")
        .pod("shop/web", "n1")
        .pod("shop/cart", "n2")
        .pod("shop/db", "n1")
        .pod("ops/monitor", "n2")
        .pod("guest/toy", "n1")
        .outside("world");
  }

  /** Returns its nodes, namespaces and pods. */
  public static List<HasMetadata> objects() {
    return LabObjects.all(plan(), LABELS);
  }

  /** Returns what a newcomer should know of it, in a few lines. */
  static String description() {
    StringBuilder text = new StringBuilder();
    for (LabPlan.Node node : plan().nodes()) {
      text.append(String.format(Locale.ROOT, "  node  %-12s its own agent%n", node.name()));
    }
    for (LabPlan.Pod pod : plan().pods()) {
      String label =
          LABELS.get(pod.name()).entrySet().stream().map(Object::toString).findFirst().orElse("");
      text.append(
          String.format(
              Locale.ROOT,
              "  pod   %-12s on %s  %-12s %s%n",
              pod.name(),
              pod.node(),
              label,
              pod.addresses().get(0)));
    }
    for (LabPlan.Outside outside : plan().outsides()) {
      text.append(
          String.format(
              Locale.ROOT,
              "  host  %-12s outside the cluster, %s%n",
              outside.name(),
              outside.addresses().get(0)));
    }
    return text.append(
            String.format(Locale.ROOT, "  The namespace ops carries the label team=ops.%n"))
        .toString();
  }
}
