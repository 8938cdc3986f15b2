package io.netpol.kernel;

import io.netpol.dataplane.iptables.RestoreFiles;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.Flow;
import io.netpol.index.Cluster;
import io.netpol.kernel.RuleWalk.Packet;
import io.netpol.lab.LabPlan;
import io.netpol.model.Node;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What the evaluator says of a case's connections, and what becomes of packets in its rules. */
final class Agreement {

  private final LabPlan plan;
  private final RenderOptions options;
  private final UnaryOperator<RestoreFiles> change;

  /**
   * Renders with these options.
   *
   * @param change what is done to payloads before they are walked; {@code identity()} but in tests
   *     of this class
   */
  Agreement(LabPlan plan, RenderOptions options, UnaryOperator<RestoreFiles> change) {
    this.plan = plan;
    this.options = options;
    this.change = change;
  }

  /** A case with its rules rendered. */
  final class Rendered {
    final Cluster known;
    private final Evaluator evaluator;
    private final Map<String, RuleWalk> walks = new HashMap<>();

    Rendered(PolicyCase policyCase) {
      CaseObjects objects = new CaseObjects(plan, policyCase);
      known = objects.known();
      evaluator = new Evaluator(known);
      for (String node : Topology.NODES) {
        Cluster knownToNode = objects.knownTo(node, new ArrayList<>());
        walks.put(node, new RuleWalk(change.apply(RestoreFiles.of(knownToNode, options))));
      }
    }

    boolean evaluated(Flow flow) {
      return evaluator.verdict(flow).allowed();
    }

    /** By the rules of each node that the packet passes; a node does not filter its own. */
    boolean walked(Flow flow) {
      String protocol =
          flow.protocol() == null
              ? flow.from().family() == io.netpol.net.Family.IPV4 ? "icmp" : "ipv6-icmp"
              : flow.protocol().name().toLowerCase(Locale.ROOT);
      Packet packet = new Packet(flow.from(), flow.to(), protocol, flow.port());
      Optional<String> from = nodeOfPodAt(flow.from());
      Optional<String> to = nodeOfPodAt(flow.to());
      Set<String> passed = new LinkedHashSet<>();
      // Packets to the node itself are not forwarded, those from it are exempt.
      from.filter(node -> !isOf(node, flow.to())).ifPresent(passed::add);
      to.filter(node -> !isOf(node, flow.from())).ifPresent(passed::add);
      // A pod's packets to itself never leave it.
      return flow.from().equals(flow.to())
          || passed.stream().allMatch(node -> walks.get(node).forwards(packet));
    }

    private Optional<String> nodeOfPodAt(IpAddress address) {
      return known.podsAt(address).stream().map(Pod::node).findFirst();
    }

    private boolean isOf(String node, IpAddress address) {
      return known.node(node).map(Node::addresses).orElse(List.of()).contains(address);
    }

    boolean disagreeOn(Flow flow) {
      return evaluated(flow) != walked(flow);
    }
  }

  /** Connections between addresses of one family, of pods and others, chosen at random. */
  List<Flow> flows(Random random, int count) {
    List<IpAddress> all = new ArrayList<>();
    plan.pods().forEach(pod -> pod.addresses().forEach(a -> all.add(IpAddress.parse(a))));
    plan.nodes().forEach(node -> node.addresses().forEach(a -> all.add(IpAddress.parse(a))));
    plan.outsides().forEach(out -> out.addresses().forEach(a -> all.add(IpAddress.parse(a))));
    List<Flow> flows = new ArrayList<>();
    while (flows.size() < count) {
      IpAddress from = all.get(random.nextInt(all.size()));
      IpAddress to = all.get(random.nextInt(all.size()));
      int kind = random.nextInt(8);
      Protocol protocol =
          kind == 0 ? null : kind < 5 ? Protocol.TCP : kind < 7 ? Protocol.UDP : Protocol.SCTP;
      int port = protocol == null ? 0 : 80 + random.nextInt(2);
      if (from.family() == to.family()) {
        flows.add(new Flow(from, to, protocol, port));
      }
    }
    return flows;
  }

  /** The case with its rules. */
  Rendered render(PolicyCase policyCase) {
    return new Rendered(policyCase);
  }

  /** The smallest case found in which both disagree about the connection, as manifests. */
  String counterexample(PolicyCase failing, Flow flow) {
    PolicyCase smallest = Shrinking.smallest(failing, c -> render(c).disagreeOn(flow));
    Rendered rendered = render(smallest);
    return "%s: the evaluator says %s, the rules say %s (%s, default isolation %s):%n%s"
        .formatted(
            flow,
            word(rendered.evaluated(flow)),
            word(rendered.walked(flow)),
            failing.name() + ", peers as " + options.peers(),
            smallest.isolation(),
            new CaseObjects(plan, smallest).manifests());
  }

  static String word(boolean allowed) {
    return allowed ? "allowed" : "denied";
  }
}
