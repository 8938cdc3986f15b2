package io.netpol.evaluate;

import io.netpol.evaluate.Mismatch.Kind;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.Namespace;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.RuleAction;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Finds the rule that comes closest to allowing a connection in one direction. */
final class NearMiss {

  private final Cluster cluster;
  private final Pod receiver;
  private final Endpoint other;
  private final Optional<Pod> onHost;
  private final Protocol protocol;
  private final int port;

  /**
   * Makes a search for one connection.
   *
   * @param onHost the peer, if it is a pod on the host network
   */
  NearMiss(
      Cluster cluster,
      Direction direction,
      Pod subject,
      Endpoint from,
      Endpoint to,
      Optional<Pod> onHost,
      Protocol protocol,
      int port) {
    this.cluster = cluster;
    boolean ingress = direction == Direction.INGRESS;
    this.other = ingress ? from : to;
    this.receiver = ingress ? subject : other.pods().isEmpty() ? null : other.pods().get(0);
    this.onHost = onHost;
    this.protocol = protocol;
    this.port = port;
  }

  /** Returns the first of the rules that differ least; empty if there is no rule. */
  Optional<NearestRule> nearest(PodPolicy policy) {
    NearestRule nearest = null;
    int least = Integer.MAX_VALUE;
    for (PodPolicy.PolicyRule rule : policy.rules().toList()) {
      if (rule.action() != RuleAction.ACCEPT) {
        continue;
      }
      Candidate<Peer> peer = closest(rule.rule().peers(), this::peer, "peers");
      Candidate<PortMatch> match = closest(rule.rule().ports(), this::port, "ports");
      if (peer.distance() + match.distance() < least) {
        least = peer.distance() + match.distance();
        List<Mismatch> why = new ArrayList<>(peer.why());
        why.addAll(match.why());
        nearest = new NearestRule(rule.policy(), rule.number(), peer.what(), match.what(), why);
      }
    }
    return Optional.ofNullable(nearest);
  }

  private record Candidate<T>(T what, List<Mismatch> why) {
    int distance() {
      return why.stream().mapToInt(mismatch -> mismatch.kind().distance()).sum();
    }
  }

  private static <T> Candidate<T> closest(
      List<T> all, Function<T, List<Mismatch>> difference, String what) {
    Candidate<T> closest = null;
    for (T each : all) {
      Candidate<T> candidate = new Candidate<>(each, difference.apply(each));
      if (closest == null || candidate.distance() < closest.distance()) {
        closest = candidate;
      }
    }
    return closest != null
        ? closest
        : new Candidate<>(
            null, one(Kind.NOTHING_READABLE, "none of the rule's " + what + " could be read"));
  }

  private static List<Mismatch> one(Kind kind, String sentence) {
    return List.of(new Mismatch(kind, sentence));
  }

  private List<Mismatch> peer(Peer peer) {
    if (peer instanceof Peer.Everyone) {
      return List.of();
    } else if (peer instanceof Peer.Block block) {
      return block(block);
    }
    Peer.Pods pods = (Peer.Pods) peer;
    if (other.pods().isEmpty() && onHost.isPresent()) {
      Pod pod = onHost.get();
      List<Mismatch> why = new ArrayList<>();
      String text = pod.key() + " is on the host network, and selectors do not mean such pods";
      why.add(new Mismatch(Kind.HOST_NETWORK, text));
      of(pods, pod, why);
      return why;
    } else if (other.pods().isEmpty()) {
      return one(
          Kind.NOT_A_POD,
          "selectors mean pods, and " + other.address() + " is no pod's own address");
    }
    Pod pod = other.pods().get(0);
    List<Mismatch> why = new ArrayList<>();
    of(pods, pod, why);
    return why;
  }

  private void of(Peer.Pods pods, Pod pod, List<Mismatch> why) {
    scope(pods.namespaces(), pod, why);
    labels(pods.selector(), pod.labels(), pod.key().toString(), Kind.PEER_LABEL, why);
  }

  private void scope(Peer.NamespaceScope scope, Pod pod, List<Mismatch> why) {
    String namespace = pod.key().namespace();
    if (scope instanceof Peer.NamespaceScope.Named named) {
      if (!named.name().equals(namespace)) {
        String text = pod.key() + " is in namespace " + namespace + ", not in " + named.name();
        why.add(new Mismatch(Kind.NAMESPACE, text));
      }
      return;
    }
    LabelSelector selector = ((Peer.NamespaceScope.Matching) scope).selector();
    Optional<Namespace> known = cluster.namespace(namespace);
    if (known.isPresent()) {
      String whose = "namespace " + namespace;
      labels(selector, known.get().labels(), whose, Kind.NAMESPACE_LABEL, why);
    } else {
      String text = "namespace " + namespace + " and its labels are not known";
      why.add(new Mismatch(Kind.NAMESPACE_UNKNOWN, text));
    }
  }

  private static void labels(
      LabelSelector selector,
      Map<String, String> labels,
      String whose,
      Kind kind,
      List<Mismatch> why) {
    for (Requirement requirement : selector.requirements()) {
      if (!requirement.matches(labels)) {
        why.add(new Mismatch(kind, sentence(requirement, labels.get(requirement.key()), whose)));
      }
    }
  }

  private static String sentence(Requirement requirement, String value, String whose) {
    String key = requirement.key();
    String values = String.join(" or ", requirement.values());
    return switch (requirement.operator()) {
      case IN ->
          value == null
              ? String.format(
                  Locale.ROOT, "%s has no label %s, which must be %s", whose, key, values)
              : String.format(
                  Locale.ROOT, "label %s of %s is %s, not %s", key, whose, value, values);
      case NOT_IN ->
          String.format(Locale.ROOT, "label %s of %s is %s, which is left out", key, whose, value);
      case EXISTS -> String.format(Locale.ROOT, "%s has no label %s", whose, key);
      case DOES_NOT_EXIST ->
          String.format(Locale.ROOT, "%s has the label %s, and must not", whose, key);
    };
  }

  private List<Mismatch> block(Peer.Block block) {
    IpAddress address = other.address();
    if (address == null) {
      return one(Kind.NO_ADDRESS, "the pod has no address that could be in " + block.cidr());
    } else if (address.family() != block.cidr().family()) {
      return one(Kind.FAMILY, address + " is of another address family than " + block.cidr());
    } else if (!block.cidr().contains(address)) {
      return one(Kind.OUTSIDE_BLOCK, address + " is outside " + block.cidr());
    }
    return block.except().stream()
        .filter(except -> except.contains(address))
        .findFirst()
        .map(except -> one(Kind.IN_EXCEPT, address + " is in the exception " + except))
        .orElse(List.of());
  }

  private List<Mismatch> port(PortMatch match) {
    if (match instanceof PortMatch.Any) {
      return List.of();
    } else if (match instanceof PortMatch.AllOf all) {
      return protocol(all.protocol());
    } else if (match instanceof PortMatch.Range range) {
      List<Mismatch> why = new ArrayList<>(protocol(range.protocol()));
      if (protocol != null && (port < range.first() || port > range.last())) {
        String wanted =
            range.first() == range.last()
                ? "not " + range.first()
                : "not in " + range.first() + "-" + range.last();
        why.add(new Mismatch(Kind.PORT, "the port is " + port + ", " + wanted));
      }
      return why;
    }
    return named((PortMatch.Named) match);
  }

  private List<Mismatch> named(PortMatch.Named named) {
    List<Mismatch> why = new ArrayList<>(protocol(named.protocol()));
    String name = named.protocol() + " port named " + named.name();
    if (receiver == null) {
      String text = "only pods have ports with names, and " + other.address() + " is none";
      why.add(new Mismatch(Kind.NAMED_PORT, text));
    } else if (receiver.portNumbers(named).isEmpty()) {
      why.add(new Mismatch(Kind.NAMED_PORT, receiver.key() + " has no " + name));
    } else if (protocol != null && !receiver.portNumbers(named).contains(port)) {
      String numbers =
          String.join(" and ", receiver.portNumbers(named).stream().map(String::valueOf).toList());
      String text =
          String.format(
              Locale.ROOT, "the %s of %s is %s, not %d", name, receiver.key(), numbers, port);
      why.add(new Mismatch(Kind.PORT, text));
    }
    return why;
  }

  private List<Mismatch> protocol(Protocol wanted) {
    if (protocol == wanted) {
      return List.of();
    }
    return one(
        Kind.PROTOCOL,
        protocol == null
            ? "a protocol without ports passes only rules that name no port"
            : "the protocol is " + protocol + ", not " + wanted);
  }
}
