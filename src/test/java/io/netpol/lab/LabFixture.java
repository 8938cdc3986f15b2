package io.netpol.lab;

import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.Flow.Protocol;
import io.netpol.lab.LabPlan.Wiring;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** The lab that most tests use, and questions that they ask of it. */
final class LabFixture {
  static final List<Integer> PORTS = List.of(80, 8080);

  private LabFixture() {}

  /** Two nodes, three pods (two of them on the first node) and an outside host. */
  static LabPlan small(Wiring wiring) {
    return LabPlan.of(wiring)
        .node("n1")
        .node("n2")
        .pod("shop/a", "n1")
        .pod("shop/b", "n1")
        .pod("shop/c", "n2")
        .outside("world");
  }

  static List<Flow> everything(LabNetwork lab) {
    List<String> addresses =
        lab.members().stream().flatMap(member -> lab.addresses(member).stream()).toList();
    return Flow.all(lab.members(), addresses, Set.of(Protocol.values()), PORTS);
  }

  /** Returns the flows that came out other than allowed, after a second look. */
  static Map<String, Outcome> notAllowed(Prober prober, Collection<Flow> flows) throws IOException {
    return otherThan(prober, flows, flow -> Outcome.ALLOWED);
  }

  static Map<String, Outcome> otherThan(
      Prober prober, Collection<Flow> flows, Function<Flow, Outcome> expected) throws IOException {
    Map<String, Outcome> found = new TreeMap<>();
    prober
        .measure(flows, expected)
        .forEach(
            (flow, outcome) -> {
              if (outcome != expected.apply(flow)) {
                found.put(flow.toString(), outcome);
              }
            });
    return found;
  }

  static String ipv4(LabNetwork lab, String member) {
    return lab.addresses(member).get(0);
  }

  static String ipv6(LabNetwork lab, String member) {
    return lab.addresses(member).get(1);
  }

  /** Runs a command line in a member's namespace, and fails if it does. */
  static String run(LabNetwork lab, String member, String command) throws IOException {
    return lab.run(member, command);
  }
}
