package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.analysis.matrix.Group;
import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixEntry;
import io.netpol.analysis.matrix.MatrixQuery;
import io.netpol.evaluate.Endpoint;
import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.Verdict;
import io.netpol.index.Cluster;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a matrix says of two groups is what the evaluator says of any two of their members. */
@Tag("stress")
class MatrixTruthTest {

  private static final LabPlan PLAN = new Topology().plan(Wiring.ROUTED);
  private static final int CASES = 250;
  private static final int PAIRS = 40;

  @Test
  void cellsSayWhatTheEvaluatorSaysOfMembers() {
    int[] states = new int[MatrixEntry.State.values().length];
    int together = 0;
    for (long seed = 1; seed <= CASES; seed++) {
      Random random = new Random(seed);
      Cluster cluster = new CaseObjects(PLAN, RandomCase.of(seed, PLAN, true)).known();
      Protocol protocol = Protocol.values()[random.nextInt(3)];
      int port = 80 + random.nextInt(3);
      Matrix one =
          Matrix.of(
              cluster, new MatrixQuery(Set.of(), Optional.of(protocol), Optional.of("" + port)));
      Matrix all = Matrix.of(cluster, MatrixQuery.ALL);
      for (int i = 0; i < PAIRS; i++) {
        Group from = one.groups().get(random.nextInt(one.groups().size()));
        Group to = one.groups().get(random.nextInt(one.groups().size()));
        String sender = from.members().get(random.nextInt(from.members().size()));
        String receiver = to.members().get(random.nextInt(to.members().size()));
        MatrixEntry.State said = one.state(from, to);
        states[said.ordinal()]++;
        together += from.members().size() + to.members().size() > 2 ? 1 : 0;
        if (isExempt(cluster, sender, receiver)
            || !isKnown(cluster, sender)
            || !isKnown(cluster, receiver)) {
          continue;
        }
        if (said != MatrixEntry.State.NONE) {
          assertThat(said)
              .as("seed %d: %s to %s on %s %d", seed, sender, receiver, protocol, port)
              .isEqualTo(evaluated(cluster, sender, receiver, List.of(port), List.of(protocol)));
        }
        Group wideFrom = groupOf(all, sender);
        Group wideTo = groupOf(all, receiver);
        MatrixEntry.State wide =
            wideFrom == null || wideTo == null ? null : all.state(wideFrom, wideTo);
        if (wide != null && wide != MatrixEntry.State.NONE) {
          List<Protocol> protocols = new ArrayList<>(List.of(Protocol.values()));
          protocols.add(null);
          assertThat(wide)
              .as("seed %d: %s to %s on all ports", seed, sender, receiver)
              .isEqualTo(
                  evaluated(
                      cluster, sender, receiver, List.of(1, 79, 80, 81, 82, 65535), protocols));
        }
      }
    }
    // Otherwise it would show little.
    assertThat(states).as("states that were seen").doesNotContain(0);
    assertThat(together).isGreaterThan(CASES);
  }

  private static Group groupOf(Matrix matrix, String member) {
    return matrix.groups().stream()
        .filter(group -> group.members().contains(member))
        .findFirst()
        .orElse(null);
  }

  private static boolean isExempt(Cluster cluster, String one, String other) {
    return one.equals(other) || isItsNode(cluster, one, other) || isItsNode(cluster, other, one);
  }

  private static boolean isItsNode(Cluster cluster, String pod, String node) {
    return pod(cluster, pod).map(p -> ("node " + p.node()).equals(node)).orElse(false);
  }

  private static MatrixEntry.State evaluated(
      Cluster cluster, String from, String to, List<Integer> ports, List<Protocol> protocols) {
    Evaluator evaluator = new Evaluator(cluster);
    boolean all = true;
    boolean some = false;
    boolean any = false;
    boolean audited = false;
    for (Family family : Family.values()) {
      Endpoint sender = end(cluster, from, family);
      Endpoint receiver = end(cluster, to, family);
      if (sender == null || receiver == null) {
        continue;
      }
      for (Protocol protocol : protocols) {
        for (int port : protocol == null ? List.of(0) : ports) {
          Verdict verdict = evaluator.verdict(sender, receiver, protocol, port);
          boolean allowed = verdict.allowed();
          audited |=
              verdict.egress() instanceof Verdict.Decision.Audited
                  || verdict.ingress() instanceof Verdict.Decision.Audited;
          any = true;
          all &= allowed;
          some |= allowed;
        }
      }
    }
    if (!any) {
      return MatrixEntry.State.NONE;
    } else if (all) {
      return audited ? MatrixEntry.State.AUDITED : MatrixEntry.State.ALLOWED;
    }
    return some ? MatrixEntry.State.SOME : MatrixEntry.State.DENIED;
  }

  private static Optional<Pod> pod(Cluster cluster, String name) {
    int slash = name.indexOf('/');
    return slash < 0 || name.contains(".") || name.contains(":")
        ? Optional.empty()
        : cluster.pod(new ObjectKey(name.substring(0, slash), name.substring(slash + 1)));
  }

  private static Endpoint end(Cluster cluster, String name, Family family) {
    Optional<Pod> pod = pod(cluster, name);
    if (pod.isPresent()) {
      List<IpAddress> own = pod.get().addresses(family);
      if (own.isEmpty()) {
        return pod.get().addresses().isEmpty() ? new Endpoint(null, List.of(pod.get())) : null;
      }
      return new Endpoint(own.get(0), cluster.podsAt(own.get(0)));
    }
    if (name.startsWith("node ")) {
      Node node = cluster.node(name.substring(5)).orElseThrow();
      return node.addresses().stream()
          .filter(address -> address.family() == family)
          .findFirst()
          .map(address -> new Endpoint(address, List.of()))
          .orElse(null);
    }
    return outside(cluster, name, family);
  }

  /** An address that is in no narrower block than this; null where none is known. */
  private static Endpoint outside(Cluster cluster, String name, Family family) {
    List<Cidr> blocks = new ArrayList<>();
    for (Namespace namespace : cluster.namespaces()) {
      for (NetworkPolicy policy : cluster.policies(namespace.name())) {
        policy.rules().values().stream()
            .flatMap(List::stream)
            .flatMap(rule -> rule.peers().stream())
            .filter(Peer.Block.class::isInstance)
            .map(Peer.Block.class::cast)
            .forEach(
                block -> {
                  blocks.add(block.cidr());
                  blocks.addAll(block.except());
                });
      }
    }
    List<IpAddress> candidates = new ArrayList<>();
    blocks.forEach(block -> candidates.add(block.base()));
    PLAN.outsides().forEach(o -> o.addresses().forEach(a -> candidates.add(IpAddress.parse(a))));
    List.of("9.9.9.9", "2620:fe::9").forEach(a -> candidates.add(IpAddress.parse(a)));
    for (IpAddress address : candidates) {
      String narrowest =
          blocks.stream()
              .filter(block -> block.prefix() > 0 && block.contains(address))
              .max(Comparator.comparingInt(Cidr::prefix))
              .map(Cidr::toString)
              .orElse("world");
      boolean taken =
          cluster.pods().stream().anyMatch(pod -> pod.addresses().contains(address))
              || cluster.nodes().stream()
                  .anyMatch(
                      node ->
                          node.addresses().contains(address)
                              || node.podRanges().stream().anyMatch(r -> r.contains(address)));
      if (address.family() == family && narrowest.equals(name) && !taken) {
        return new Endpoint(address, List.of());
      }
    }
    return null;
  }

  /** Whether the test knows an address for it, of each family that it has. */
  private static boolean isKnown(Cluster cluster, String name) {
    if (name.equals("world")) {
      return end(cluster, name, Family.IPV4) != null && end(cluster, name, Family.IPV6) != null;
    }
    return end(cluster, name, Family.IPV4) != null || end(cluster, name, Family.IPV6) != null;
  }
}
