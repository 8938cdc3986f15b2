package io.netpol.kernel;

import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The members that all cases share: namespaces x, y and z with pods a, b and c each, as in the
 * network policy tests of Kubernetes itself, on two nodes, and a host outside.
 */
final class Topology {

  static final String WORLD = "world";
  static final List<String> NODES = List.of("n1", "n2");
  static final List<String> NAMESPACES = List.of("x", "y", "z");

  private static final Map<String, String> NODE_OF_POD =
      Map.of(
          "x/a", "n1", "x/b", "n1", "x/c", "n2", //
          "y/a", "n1", "y/b", "n2", "y/c", "n2", //
          "z/a", "n1", "z/b", "n2", "z/c", "n1");

  /** The pods in the order of their names, which is that of their addresses. */
  static final List<String> PODS = NODE_OF_POD.keySet().stream().sorted().toList();

  LabPlan plan(Wiring wiring) {
    LabPlan plan = LabPlan.of(wiring);
    for (String node : NODES) {
      plan = plan.node(node);
    }
    for (String pod : PODS) {
      plan = plan.pod(pod, NODE_OF_POD.get(pod));
    }
    return plan.outside(WORLD);
  }

  boolean areNodeAndItsPod(String one, String other) {
    return other.equals(NODE_OF_POD.get(one)) || one.equals(NODE_OF_POD.get(other));
  }

  /** The members that a word of an {@link Expectation} means; none if it means nobody. */
  List<String> named(String word) {
    Pattern pods = Pattern.compile(word.replace("*", "[^/]*"));
    return Stream.of(NODES, PODS, List.of(WORLD))
        .flatMap(List::stream)
        .filter(
            member ->
                word.equals("*")
                    || word.equals("node") && NODES.contains(member)
                    || word.equals("pods") && PODS.contains(member)
                    || pods.matcher(member).matches())
        .toList();
  }
}
