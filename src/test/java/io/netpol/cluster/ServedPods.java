package io.netpol.cluster;

import io.netpol.testing.Eventually;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Servers on node n1, one for each policy, with a Service of each type, and what to connect to for
 * each of them by each path.
 */
final class ServedPods {

  /** A server by what its policy lets in. */
  static final List<String> SERVERS =
      List.of("open", "denied", "shut", "allowed", "other", "outside", "node2");

  /** By what way a client gets to a server. */
  enum Path {
    POD,
    HEADLESS,
    CLUSTER_IP,
    NODE_PORT_N1,
    NODE_PORT_N2,
    /** By {@code externalTrafficPolicy: Local}. */
    LOCAL_N1,
    LOCAL_N2,
    HOST_PORT
  }

  static final String NODE = "n1";

  private static final List<Path> WITH_UDP = List.of(Path.POD, Path.CLUSTER_IP, Path.NODE_PORT_N1);
  private static final int FIRST_HOST_PORT = 18080;

  /** What follows a name in the output of busybox nslookup. */
  private static final Pattern ANSWER = Pattern.compile("(?m)^Name:.*\\nAddress: (\\S+)");

  private final Namespace namespace;
  private final Map<String, List<String>> services = new HashMap<>();
  private final Map<String, List<String>> pods = new HashMap<>();
  private final Map<String, List<String>> headless = new HashMap<>();

  ServedPods(Namespace namespace) throws Exception {
    this.namespace = namespace;
    namespace.apply(policies());
    namespace.apply(
        IntStream.range(0, SERVERS.size())
            .mapToObj(i -> server(SERVERS.get(i), FIRST_HOST_PORT + i))
            .collect(Collectors.joining()));
    namespace.ready(SERVERS.toArray(String[]::new));
    namespace
        .ask(
            "get",
            "services",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.spec.clusterIPs[*]}"
                + " {.spec.ports[*].nodePort}{\"\\n\"}{end}")
        .lines()
        .map(line -> Arrays.asList(line.split(" +")))
        .forEach(words -> services.put(words.get(0), words.subList(1, words.size())));
    for (String server : SERVERS) {
      pods.put(server, namespace.addresses(server));
      headless.put(server, resolved(server + "-headless"));
    }
  }

  /** What to connect to for a server by a path, in both families. */
  List<Target> targets(String server, Path path) {
    String name = path + " " + server;
    List<Target> targets = new ArrayList<>();
    for (String address : addresses(server, path)) {
      targets.add(Target.tcp(name, address, port(server, path, false)));
      if (WITH_UDP.contains(path)) {
        targets.add(Target.udp(name, address, port(server, path, true)));
      }
    }
    return targets;
  }

  /** The same for several servers and paths. */
  List<Target> targets(Collection<String> servers, Collection<Path> paths) {
    return paths.stream()
        .flatMap(path -> servers.stream().flatMap(server -> targets(server, path).stream()))
        .toList();
  }

  private Collection<String> addresses(String server, Path path) {
    return switch (path) {
      case POD -> pods.get(server);
      case HEADLESS -> headless.get(server);
      case CLUSTER_IP -> services.get(server).subList(0, 2);
      case NODE_PORT_N1, LOCAL_N1, HOST_PORT -> RealCluster.addresses("n1");
      case NODE_PORT_N2, LOCAL_N2 -> RealCluster.addresses("n2");
    };
  }

  /** What the cluster's DNS resolves the name of a headless Service to, that of IPv4 first. */
  private List<String> resolved(String service) throws Exception {
    List<String> found = new ArrayList<>();
    String command = "busybox nslookup " + service + "." + namespace.name() + ".svc.cluster.local";
    Eventually.holds(
        "both addresses of " + service,
        () -> {
          found.clear();
          Matcher answers = ANSWER.matcher(namespace.shell("open", command).stdout());
          answers.results().map(each -> each.group(1)).forEach(found::add);
          return found.size() == 2;
        });
    found.sort(Comparator.comparing(address -> address.contains(":")));
    return found;
  }

  private int port(String server, Path path, boolean udp) {
    return switch (path) {
      case POD, HEADLESS, CLUSTER_IP -> udp ? TestPod.UDP : TestPod.TCP;
      case NODE_PORT_N1, NODE_PORT_N2 -> Integer.parseInt(services.get(server).get(udp ? 3 : 2));
      case LOCAL_N1, LOCAL_N2 -> Integer.parseInt(services.get(server + "-local").get(2));
      case HOST_PORT -> FIRST_HOST_PORT + SERVERS.indexOf(server);
    };
  }

  private static String server(String name, int hostPort) {
    return TestPod.server(name, NODE)
            .withContainer(
                "ports: [{containerPort: " + TestPod.TCP + ", hostPort: " + hostPort + "}]")
            .withContainer(
                "readinessProbe: {httpGet: {port: " + TestPod.TCP + ", path: /hostname}}")
            .yaml()
        + service(name, name, "type: NodePort")
        + service(name + "-local", name, "type: NodePort\n  externalTrafficPolicy: Local")
        + service(name + "-headless", name, "clusterIP: None");
  }

  private static String service(String name, String role, String type) {
    return """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: %s}
    spec:
      selector: {role: %s}
      ipFamilyPolicy: RequireDualStack
      ports:
      - {name: tcp, port: %d}
      - {name: udp, port: %d, protocol: UDP}
      %s
    """
        .formatted(name, role, TestPod.TCP, TestPod.UDP, type);
  }

  private static String policies() {
    String clients =
        "[{from: [{podSelector: {matchLabels: {role: client}}},"
            + " {podSelector: {matchLabels: {role: caged}}}]}]";
    return Policies.ingress("denied", "[]")
        + Policies.ingress("shut", "[]")
        + Policies.egress("shut", "[]")
        + Policies.ingress("allowed", clients)
        + Policies.ingress("other", Policies.pods("from", "somebody-else"))
        + Policies.ingress("outside", only(RealCluster.OUTSIDE))
        + Policies.ingress("node2", only(RealCluster.addresses("n2")));
  }

  private static String only(List<String> addresses) {
    return Policies.blocks(
        "from",
        addresses.stream()
            .map(each -> each + (each.contains(":") ? "/128" : "/32"))
            .toArray(String[]::new));
  }
}
