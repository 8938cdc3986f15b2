package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.evaluate.Evaluator;
import io.netpol.index.Cluster;
import io.netpol.kernel.Expectation.Connection;
import io.netpol.lab.Flow;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.Flow.Protocol;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.lab.Prober;
import io.netpol.lab.ReachabilityTable;
import io.netpol.net.IpAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A running lab in which cases are tried one after the other, each from what the last one left. */
final class CaseLab implements AutoCloseable {

  /** With hundreds of measurements it counts; what is doubtful is measured again with more. */
  private static final Duration QUIET = Duration.ofMillis(150);

  private static final Set<Integer> PORTS = Set.of(80, 81);

  /** The node whose rules must hold what a case asks for as text. */
  private static final String RULES_OF = "n1";

  private static final int SURPRISES_SHOWN = 20;

  private final Topology topology = new Topology();
  private final LabNetwork lab;
  private final Prober prober;
  private final List<KernelNode> nodes;
  private final Map<Flow, Connection> flows = new LinkedHashMap<>();
  private Mode mode;

  CaseLab(Wiring wiring) throws IOException {
    lab = LabNetwork.start(topology.plan(wiring));
    prober = Prober.start(lab, PORTS, PORTS, QUIET);
    nodes = Topology.NODES.stream().map(name -> new KernelNode(lab, name)).toList();
    for (String from : lab.members()) {
      for (String to : lab.members()) {
        // What passes between two that are no pods is nobody's business here.
        if (Topology.PODS.contains(from) || Topology.PODS.contains(to)) {
          addFlows(from, to);
        }
      }
    }
  }

  private void addFlows(String from, String to) {
    List<String> addresses = lab.addresses(to);
    for (Flow flow : Flow.all(List.of(from), addresses, Set.of(Protocol.values()), PORTS)) {
      String family = family(flow.toAddress());
      flows.put(flow, new Connection(from, to, family, flow.protocol(), flow.port()));
    }
  }

  private static String family(String address) {
    return address.contains(":") ? "ipv6" : "ipv4";
  }

  /** Applies a case and holds what can be measured against what is written and evaluated. */
  void check(PolicyCase policyCase, Mode by) throws IOException {
    use(by);
    CaseObjects objects = new CaseObjects(lab.plan(), policyCase);
    // An agent works for itself, so they may all work at the same time.
    nodes.parallelStream().forEach(node -> apply(policyCase, objects, node));
    Expectation written = Expectation.of(topology, policyCase.expect());
    Map<Flow, Outcome> expected = new LinkedHashMap<>();
    flows.forEach((flow, connection) -> expected.put(flow, outcome(written.allows(connection))));
    assertSame(policyCase + " evaluated", evaluated(objects), expected);
    assertSame(
        policyCase + " measured, " + mode, prober.measure(flows.keySet(), expected::get), expected);
  }

  /**
   * Applies a case and holds every connection that can be measured against what the evaluator says
   * of it, and that against a walk of the rules' text.
   *
   * @return how many connections were measured
   * @throws AssertionError with the smallest case found in which two of the three disagree
   */
  int agree(PolicyCase policyCase, Mode by) throws IOException {
    use(by);
    Agreement agreement = new Agreement(lab.plan(), by.options(), UnaryOperator.identity());
    Agreement.Rendered rendered = agreement.render(policyCase);
    Map<Flow, Outcome> evaluated = new LinkedHashMap<>();
    for (Flow flow : flows.keySet()) {
      io.netpol.evaluate.Flow question = question(flow);
      if (rendered.disagreeOn(question)) {
        throw new AssertionError(agreement.counterexample(policyCase, question));
      }
      evaluated.put(flow, outcome(rendered.evaluated(question)));
    }
    applyAll(policyCase);
    Map<Flow, Outcome> measured = prober.measure(evaluated.keySet(), evaluated::get);
    for (Flow flow : evaluated.keySet()) {
      if (measured.get(flow) != evaluated.get(flow)) {
        throw new AssertionError(counterexample(policyCase, agreement, flow));
      }
    }
    return measured.size();
  }

  private void applyAll(PolicyCase policyCase) {
    CaseObjects objects = new CaseObjects(lab.plan(), policyCase);
    nodes.parallelStream().forEach(node -> apply(policyCase, objects, node));
  }

  private String counterexample(PolicyCase failing, Agreement agreement, Flow flow) {
    PolicyCase smallest =
        Shrinking.smallest(
            failing,
            smaller -> {
              boolean said = agreement.render(smaller).evaluated(question(flow));
              applyAll(smaller);
              try {
                return prober.measure(List.of(flow)).get(flow) != outcome(said);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    return "%s is other than the evaluator says, %s, %s:%n%s"
        .formatted(
            flows.get(flow), failing, mode, new CaseObjects(lab.plan(), smallest).manifests());
  }

  private void apply(PolicyCase policyCase, CaseObjects objects, KernelNode node) {
    Cluster cluster = objects.knownTo(node.name(), new ArrayList<>());
    try {
      node.apply(cluster, mode);
      assertThat(node.due(cluster, mode))
          .as(policyCase + " on " + node.name() + ", " + mode + ": still due")
          .isEmpty();
      boolean asText = !policyCase.rules().isEmpty() && !mode.isNftables();
      if (asText && node.name().equals(RULES_OF)) {
        assertThat(node.rules(mode)).as(policyCase + ", " + mode).contains(policyCase.rules());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The back-ends don't see each other's rules, so what another left would go on filtering. */
  private void use(Mode next) throws IOException {
    if (mode != null && mode.backend() != next.backend()) {
      for (KernelNode node : nodes) {
        node.wipe(mode);
      }
    }
    mode = next;
  }

  private Map<Flow, Outcome> evaluated(CaseObjects objects) {
    Evaluator evaluator = new Evaluator(objects.known());
    Map<Flow, Outcome> evaluated = new LinkedHashMap<>();
    flows
        .keySet()
        .forEach(flow -> evaluated.put(flow, outcome(evaluator.verdict(question(flow)).allowed())));
    return evaluated;
  }

  /** The connection as the evaluator is asked about it. */
  private io.netpol.evaluate.Flow question(Flow flow) {
    Connection connection = flows.get(flow);
    String from =
        lab.addresses(connection.from()).stream()
            .filter(address -> family(address).equals(connection.family()))
            .findFirst()
            .orElseThrow();
    return new io.netpol.evaluate.Flow(
        IpAddress.parse(from),
        IpAddress.parse(flow.toAddress()),
        flow.protocol() == Protocol.ICMP
            ? null
            : io.netpol.net.Protocol.valueOf(flow.protocol().name()),
        flow.port());
  }

  private static Outcome outcome(boolean allowed) {
    return allowed ? Outcome.ALLOWED : Outcome.DENIED;
  }

  private void assertSame(String what, Map<Flow, Outcome> found, Map<Flow, Outcome> expected) {
    List<String> surprises =
        found.entrySet().stream()
            .filter(entry -> expected.get(entry.getKey()) != entry.getValue())
            .map(entry -> flows.get(entry.getKey()) + " is " + entry.getValue())
            .toList();
    if (!surprises.isEmpty()) {
      List<String> some = surprises.subList(0, Math.min(SURPRISES_SHOWN, surprises.size()));
      throw new AssertionError(
          "%s: %d connections are other than written:%n%s%n%s"
              .formatted(
                  what,
                  surprises.size(),
                  String.join("\n", some),
                  ReachabilityTable.of(lab, found, expected).render()));
    }
  }

  @Override
  public void close() {
    prober.close();
    lab.close();
  }
}
