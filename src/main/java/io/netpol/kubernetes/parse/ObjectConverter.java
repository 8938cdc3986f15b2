package io.netpol.kubernetes.parse;

import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.model.Problem;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.net.Quote;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Converts objects of the Kubernetes client to the records of {@link io.netpol.model}.
 *
 * <p>Objects are not trusted: every field may be null or contain anything. An invalid field is
 * reported to the consumer of problems and matches nothing. The result for an object without a name
 * (or a namespace, if its kind has one) is empty.
 */
public final class ObjectConverter {

  /** Shares keys and values of labels, and names of namespaces and nodes. */
  static final Interner<String> WORDS = new Interner<>();

  private static final Interner<Map<String, String>> LABELS = new Interner<>();

  private final Consumer<Problem> problems;

  /** Makes a converter that passes each problem to the consumer, in the calling thread. */
  public ObjectConverter(Consumer<Problem> problems) {
    this.problems = problems;
  }

  /** Converts a NetworkPolicy; empty without a name or namespace. */
  public Optional<NetworkPolicy> networkPolicy(
      io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy policy) {
    return key(Kind.NETWORK_POLICY, policy == null ? null : policy.getMetadata(), true)
        .map(
            key -> {
              ProblemReporter report = report(Kind.NETWORK_POLICY, key);
              boolean audited = isAudited(policy.getMetadata(), report);
              return new PolicyParser(report).read(policy.getSpec(), audited);
            });
  }

  /** Converts a Pod; empty without a name or namespace. */
  public Optional<Pod> pod(io.fabric8.kubernetes.api.model.Pod pod) {
    Optional<ObjectKey> key = key(Kind.POD, pod == null ? null : pod.getMetadata(), true);
    return key.isEmpty()
        ? Optional.empty()
        : Optional.of(new PodParser(report(Kind.POD, key.get())).read(pod));
  }

  /** Converts a Namespace; empty without a name. */
  public Optional<Namespace> namespace(io.fabric8.kubernetes.api.model.Namespace namespace) {
    ObjectMeta metadata = namespace == null ? null : namespace.getMetadata();
    return key(Kind.NAMESPACE, metadata, false)
        .map(
            key -> {
              Map<String, String> labels = new LinkedHashMap<>(labels(metadata));
              labels.put(Namespace.NAME_LABEL, key.name());
              return new Namespace(
                  key.name(), labels, isolation(metadata, report(Kind.NAMESPACE, key)));
            });
  }

  /** Converts a Node; empty without a name. */
  public Optional<Node> node(io.fabric8.kubernetes.api.model.Node node) {
    return key(Kind.NODE, node == null ? null : node.getMetadata(), false)
        .map(
            key -> {
              ProblemReporter report = report(Kind.NODE, key);
              return new Node(key.name(), nodeAddresses(node, report), podRanges(node, report));
            });
  }

  /**
   * Returns {@code metadata.labels} without null keys; a null value becomes the empty text, as in
   * the API.
   */
  static Map<String, String> labels(ObjectMeta metadata) {
    if (metadata == null || metadata.getLabels() == null || metadata.getLabels().isEmpty()) {
      return Map.of();
    }
    Map<String, String> before = LABELS.like(metadata.getLabels());
    if (before != null) {
      return before;
    }
    Map<String, String> labels = new LinkedHashMap<>();
    metadata
        .getLabels()
        .forEach(
            (key, value) -> {
              if (key != null) {
                labels.put(WORDS.of(key), value == null ? "" : WORDS.of(value));
              }
            });
    return LABELS.of(Map.copyOf(labels));
  }

  /** Returns the list, or an empty one for null. */
  static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : list;
  }

  private ProblemReporter report(Kind kind, ObjectKey key) {
    return new ProblemReporter(kind, key, problems);
  }

  private Optional<ObjectKey> key(Kind kind, ObjectMeta metadata, boolean namespaced) {
    String name = metadata == null ? null : metadata.getName();
    String namespace = namespaced && metadata != null ? metadata.getNamespace() : "";
    boolean hasName = name != null && !name.isEmpty();
    boolean hasNamespace = !namespaced || namespace != null && !namespace.isEmpty();
    String unreadable = ReadableObjects.whyUnreadable(metadata).orElse(null);
    if (hasName && hasNamespace && unreadable == null) {
      return Optional.of(new ObjectKey(WORDS.of(namespace), name));
    }
    ObjectKey known = new ObjectKey(namespace == null ? "" : namespace, name == null ? "" : name);
    if (unreadable != null) {
      report(kind, known)
          .error("(object)", "not readable: " + unreadable, "what was known of it stays");
      return Optional.empty();
    }
    report(kind, known)
        .error(
            hasName ? "metadata.namespace" : "metadata.name", "missing", "the object is ignored");
    return Optional.empty();
  }

  /**
   * Returns whether the annotation sets audit mode; with an invalid value, the policy is enforced.
   */
  private static boolean isAudited(ObjectMeta metadata, ProblemReporter report) {
    String value =
        metadata.getAnnotations() == null
            ? null
            : metadata.getAnnotations().get(NetworkPolicy.AUDIT_ANNOTATION);
    if (value != null && !value.equals("true") && !value.equals("false")) {
      report.error(
          "metadata.annotations[" + NetworkPolicy.AUDIT_ANNOTATION + "]",
          Quote.quote(value) + " is neither true nor false",
          "the policy is enforced");
    }
    return "true".equals(value);
  }

  private static Set<Direction> isolation(ObjectMeta metadata, ProblemReporter report) {
    String value =
        metadata.getAnnotations() == null
            ? null
            : metadata.getAnnotations().get(Namespace.ISOLATION_ANNOTATION);
    if (value == null) {
      return Set.of();
    }
    return switch (value) {
      case "ingress" -> EnumSet.of(Direction.INGRESS);
      case "egress" -> EnumSet.of(Direction.EGRESS);
      case "both" -> EnumSet.allOf(Direction.class);
      case "none" -> Set.of();
      default -> {
        report.error(
            "metadata.annotations[" + Namespace.ISOLATION_ANNOTATION + "]",
            Quote.quote(value) + " is none of ingress, egress, both, none",
            "read as none");
        yield Set.of();
      }
    };
  }

  private static List<IpAddress> nodeAddresses(
      io.fabric8.kubernetes.api.model.Node node, ProblemReporter report) {
    List<IpAddress> addresses = new ArrayList<>();
    List<NodeAddress> given =
        node.getStatus() == null ? List.of() : orEmpty(node.getStatus().getAddresses());
    for (int i = 0; i < given.size(); i++) {
      NodeAddress address = given.get(i);
      if (address != null
          && ("InternalIP".equals(address.getType()) || "ExternalIP".equals(address.getType()))) {
        address("status.addresses[" + i + "].address", address.getAddress(), addresses, report);
      }
    }
    return addresses;
  }

  /** Adds an address without duplicates; an invalid one is reported. */
  static void address(
      String field, String text, List<IpAddress> addresses, ProblemReporter report) {
    try {
      IpAddress address = IpAddress.parse(text);
      if (!addresses.contains(address)) {
        addresses.add(address);
      }
    } catch (IllegalArgumentException e) {
      report.error(field, e.getMessage(), "left out");
    }
  }

  private static List<Cidr> podRanges(
      io.fabric8.kubernetes.api.model.Node node, ProblemReporter report) {
    if (node.getSpec() == null) {
      return List.of();
    }
    List<String> given = orEmpty(node.getSpec().getPodCIDRs());
    boolean fallback = given.isEmpty() && node.getSpec().getPodCIDR() != null;
    if (fallback) {
      given = List.of(node.getSpec().getPodCIDR());
    }
    List<Cidr> ranges = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      String field = fallback ? "spec.podCIDR" : "spec.podCIDRs[" + i + "]";
      if (fallback && given.get(i).isEmpty()) {
        continue; // the API's representation of no address
      }
      try {
        Cidr range = Cidr.parse(given.get(i), note -> report.warning(field, note));
        if (!ranges.contains(range)) {
          ranges.add(range);
        }
      } catch (IllegalArgumentException e) {
        report.error(field, e.getMessage(), "left out");
      }
    }
    return ranges;
  }
}
