package io.netpol.kubernetes.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.Pod;
import io.netpol.model.Problem;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectConverterTest {

  private static final YAMLMapper YAML = new YAMLMapper();

  private final List<Problem> problems = new ArrayList<>();
  private final ObjectConverter converter = new ObjectConverter(problems::add);

  private NetworkPolicy policy(String spec) {
    return policy(parse(spec, NetworkPolicySpec.class));
  }

  private NetworkPolicy policy(NetworkPolicySpec spec) {
    var policy =
        new NetworkPolicyBuilder()
            .withNewMetadata()
            .withNamespace("shop")
            .withName("web")
            .endMetadata()
            .build();
    policy.setSpec(spec);
    return converter.networkPolicy(policy).orElseThrow();
  }

  private static <T> T parse(String yaml, Class<T> type) {
    try {
      return YAML.readValue(yaml, type);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(yaml, e);
    }
  }

  private List<String> problems() {
    return problems.stream().map(p -> p.severity() + " " + p.field() + ": " + p.message()).toList();
  }

  static Stream<Arguments> policyTypes() {
    return Stream.of(
        arguments("{}", "INGRESS", null),
        arguments("{ingress: []}", "INGRESS", null),
        arguments("{egress: []}", "INGRESS", null),
        arguments("{egress: [{}]}", "INGRESS EGRESS", null),
        arguments("{policyTypes: [], egress: [{}]}", "INGRESS EGRESS", null),
        arguments("{policyTypes: [Ingress]}", "INGRESS", null),
        arguments("{policyTypes: [Egress]}", "EGRESS", null),
        arguments("{policyTypes: [Egress, Ingress]}", "INGRESS EGRESS", null),
        arguments(
            "{policyTypes: [Egress], ingress: [{}]}", "EGRESS", "WARNING spec.ingress: no effect"),
        arguments(
            "{policyTypes: [Ingress], egress: [{}]}", "INGRESS", "WARNING spec.egress: no effect"),
        arguments(
            "{policyTypes: [Egress, Sideways]}",
            "EGRESS",
            "ERROR spec.policyTypes[1]: neither Ingress nor Egress: \"Sideways\""),
        arguments(
            "{policyTypes: [ingress], egress: [{}]}",
            "INGRESS EGRESS",
            "ERROR spec.policyTypes[0]: neither Ingress nor Egress: \"ingress\""),
        arguments("{policyTypes: [null]}", "INGRESS", "ERROR spec.policyTypes[0]: neither"));
  }

  @ParameterizedTest
  @MethodSource("policyTypes")
  void directionsThatAPolicyIsolates(String spec, String isolated, String problem) {
    NetworkPolicy policy = policy(spec);
    for (Direction direction : Direction.values()) {
      assertThat(policy.isolates(direction))
          .as(direction.name())
          .isEqualTo(List.of(isolated.split(" ")).contains(direction.name()));
    }
    expect(problem);
  }

  private void expect(String problem) {
    if (problem == null) {
      assertThat(problems()).isEmpty();
    } else {
      assertThat(problems()).hasSize(1);
      assertThat(problems().get(0)).startsWith(problem);
    }
  }

  static Stream<Arguments> peers() {
    return Stream.of(
        arguments("{}", "[everyone]", null),
        arguments("{from: []}", "[everyone]", null),
        arguments("{from: null}", "[everyone]", null),
        arguments("{from: [{podSelector: {}}]}", "[all pods in namespace shop]", null),
        arguments(
            "{from: [{podSelector: {matchLabels: {app: web}}}]}",
            "[pods app=web in namespace shop]",
            null),
        arguments("{from: [{namespaceSelector: {}}]}", "[all pods in all namespaces]", null),
        arguments(
            "{from: [{namespaceSelector: {matchLabels: {t: a}}, podSelector: {matchLabels: {u: b}}}]}",
            "[pods u=b in namespaces t=a]",
            null),
        arguments(
            "{from: [{namespaceSelector: {matchLabels: {t: a}}}, {podSelector: {matchLabels: {u: b}}}]}",
            "[all pods in namespaces t=a, pods u=b in namespace shop]",
            null),
        arguments("{from: [{}]}", "[]", "ERROR spec.ingress[0].from[0]: none of"),
        arguments(
            "{from: [{}, {podSelector: {}}]}",
            "[all pods in namespace shop]",
            "ERROR spec.ingress[0].from[0]"),
        arguments(
            "{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}",
            "[]",
            "ERROR spec.ingress[0].from[0]: ipBlock together"),
        arguments("{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}", "[10.0.0.0/8]", null),
        arguments("{from: [{ipBlock: {cidr: '::/0'}}]}", "[::/0]", null),
        arguments(
            "{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}",
            "[10.0.0.0/8]",
            "WARNING spec.ingress[0].from[0].ipBlock.cidr: \"10.1.2.3/8\" has bits"),
        arguments(
            "{from: [{ipBlock: {cidr: 10.0.0.0}}]}",
            "[]",
            "ERROR spec.ingress[0].from[0].ipBlock.cidr: not a CIDR block: \"10.0.0.0\""),
        arguments("{from: [{ipBlock: {}}]}", "[]", "ERROR spec.ingress[0].from[0].ipBlock.cidr"),
        arguments(
            "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}",
            "[10.0.0.0/8 except 10.1.0.0/16]",
            null),
        arguments(
            "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}",
            "[10.0.0.0/8]",
            "WARNING spec.ingress[0].from[0].ipBlock.except[0]: 11.0.0.0/16 is not in"),
        arguments(
            "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ['fd00::/8']}}]}",
            "[10.0.0.0/8]",
            "WARNING spec.ingress[0].from[0].ipBlock.except[0]"),
        arguments(
            "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}",
            "[]",
            "ERROR spec.ingress[0].from[0].ipBlock.except[0]: 10.0.0.0/8 leaves nothing"),
        arguments(
            "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [0.0.0.0/0]}}]}",
            "[]",
            "ERROR spec.ingress[0].from[0].ipBlock.except[0]"),
        arguments(
            "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [nonsense]}}]}",
            "[]",
            "ERROR spec.ingress[0].from[0].ipBlock.except[0]: not a CIDR block"),
        arguments(
            "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [null]}}]}",
            "[]",
            "ERROR spec.ingress[0].from[0].ipBlock.except[0]"),
        arguments(
            "{from: [{podSelector: {matchExpressions: [{key: a, operator: Like, values: [b]}]}}]}",
            "[]",
            "ERROR spec.ingress[0].from[0].podSelector.matchExpressions[0].operator: unknown"),
        arguments(
            "{from: [{namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}]}",
            "[]",
            "ERROR spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].values"));
  }

  @ParameterizedTest
  @MethodSource("peers")
  void peersOfARule(String rule, String peers, String problem) {
    var rules = policy("{ingress: [" + rule + "]}").rules(Direction.INGRESS);
    assertThat(rules).hasSize(1);
    assertThat(rules.get(0).peers()).hasToString(peers);
    expect(problem);
  }

  @Test
  void peersOfEgressRulesAreReadFromTo() {
    var rules =
        policy("{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}, {to: [{}]}]}")
            .rules(Direction.EGRESS);
    assertThat(rules.get(0).peers()).hasToString("[10.0.0.0/8]");
    assertThat(rules.get(1).peers()).isEmpty();
    expect("ERROR spec.egress[1].to[0]: none of");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{} | [any port] | -",
        "{ports: []} | [any port] | -",
        "{ports: [{}]} | [TCP] | -",
        "{ports: [{protocol: UDP}]} | [UDP] | -",
        "{ports: [{protocol: SCTP, port: 80}]} | [SCTP 80] | -",
        "{ports: [{port: 80}]} | [TCP 80] | -",
        "{ports: [{port: 1}, {port: 65535}]} | [TCP 1, TCP 65535] | -",
        "{ports: [{port: 80, endPort: 90}]} | [TCP 80-90] | -",
        "{ports: [{port: 80, endPort: 80}]} | [TCP 80] | -",
        "{ports: [{port: http}]} | [TCP http] | -",
        "{ports: [{port: a}]} | [TCP a] | -",
        "{ports: [{port: '80'}]} | [] | ERROR spec.ingress[0].ports[0].port: not a port name",
        "{ports: [{port: ''}]} | [] | ERROR spec.ingress[0].ports[0].port: not a port name",
        "{ports: [{port: Http}]} | [] | ERROR spec.ingress[0].ports[0].port",
        "{ports: [{port: a--b}]} | [] | ERROR spec.ingress[0].ports[0].port",
        "{ports: [{port: -a}]} | [] | ERROR spec.ingress[0].ports[0].port",
        "{ports: [{port: a-}]} | [] | ERROR spec.ingress[0].ports[0].port",
        "{ports: [{port: abcdefghijklmnop}]} | [] | ERROR spec.ingress[0].ports[0].port",
        "{ports: [{port: abcdefghijklmno}]} | [TCP abcdefghijklmno] | -",
        "{ports: [{port: \"a\\nb\"}]} | [] | ERROR spec.ingress[0].ports[0].port: not a port name: \"a?b\"",
        "{ports: [{port: \"a\\n\"}]} | [] | ERROR spec.ingress[0].ports[0].port",
        "{ports: [{port: 0}]} | [] | ERROR spec.ingress[0].ports[0].port: not a port number: 0",
        "{ports: [{port: -1}]} | [] | ERROR spec.ingress[0].ports[0].port",
        "{ports: [{port: 65536}]} | [] | ERROR spec.ingress[0].ports[0].port",
        "{ports: [{endPort: 90}]} | [] | ERROR spec.ingress[0].ports[0].endPort: needs a port",
        "{ports: [{port: http, endPort: 90}]} | [] | ERROR spec.ingress[0].ports[0].endPort: needs",
        "{ports: [{port: 80, endPort: 79}]} | [] | ERROR spec.ingress[0].ports[0].endPort",
        "{ports: [{port: 80, endPort: 65536}]} | [] | ERROR spec.ingress[0].ports[0].endPort",
        "{ports: [{protocol: ICMP}]} | [] | ERROR spec.ingress[0].ports[0].protocol: unknown",
        "{ports: [{protocol: tcp}]} | [] | ERROR spec.ingress[0].ports[0].protocol: unknown",
        "{ports: [{protocol: ICMP}, {port: 80}]} | [TCP 80] | ERROR spec.ingress[0].ports[0]",
      })
  void portsOfARule(String rule, String ports, String problem) {
    var rules = policy("{ingress: [" + rule + "]}").rules(Direction.INGRESS);
    assertThat(rules.get(0).ports()).hasToString(ports);
    expect(problem);
  }

  @Test
  void whatIsNullInAListMatchesNothingAndKeepsItsPlace() {
    NetworkPolicySpec spec = new NetworkPolicySpec();
    var rule = new NetworkPolicyIngressRule();
    rule.setFrom(Collections.singletonList(null));
    rule.setPorts(Collections.singletonList(null));
    spec.setIngress(Arrays.asList(null, rule, new NetworkPolicyIngressRule()));
    spec.setEgress(Collections.singletonList(null));
    spec.setPodSelector(new io.fabric8.kubernetes.api.model.LabelSelector());
    spec.getPodSelector().setMatchExpressions(Collections.singletonList(null));
    NetworkPolicy policy = policy(spec);
    assertThat(policy.podSelector()).isEqualTo(LabelSelector.NOTHING);
    var nothing = new Rule(List.of(), List.of());
    assertThat(policy.rules(Direction.INGRESS)).hasSize(3).startsWith(nothing, nothing);
    assertThat(policy.rules(Direction.INGRESS).get(2).isEverything()).isTrue();
    assertThat(policy.rules(Direction.EGRESS)).containsExactly(nothing);
    assertThat(problems())
        .containsExactly(
            "ERROR spec.podSelector.matchExpressions[0]: null; the policy selects no pod",
            "ERROR spec.ingress[0]: null; matches nothing",
            "ERROR spec.ingress[1].from[0]: null; the peer matches nothing",
            "ERROR spec.ingress[1].ports[0]: null; matches nothing",
            "ERROR spec.egress[0]: null; matches nothing");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{} | everything | -",
        "{podSelector: {}} | everything | -",
        "{podSelector: null} | everything | -",
        "{podSelector: {matchLabels: {a: b, c: ''}}} | a=b,c= | -",
        "{podSelector: {matchLabels: {a: null}}} | a= | -",
        "{podSelector: {matchExpressions: [{key: a, operator: In, values: [c, b]}]}} | a in (b,c) | -",
        "{podSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}} | a notin (b) | -",
        "{podSelector: {matchExpressions: [{key: a, operator: Exists}]}} | a | -",
        "{podSelector: {matchExpressions: [{key: a, operator: DoesNotExist, values: []}]}} | !a | -",
      })
  void podSelectorOfAPolicy(String spec, String selector, String problem) {
    assertThat(policy(spec).podSelector()).hasToString(selector);
    expect(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{matchExpressions: [{key: a, operator: In}]} | matchExpressions[0].values: In needs values",
        "{matchExpressions: [{key: a, operator: NotIn, values: []}]} | matchExpressions[0].values",
        "{matchExpressions: [{key: a, operator: Exists, values: [b]}]} | matchExpressions[0].values",
        "{matchExpressions: [{key: a, operator: DoesNotExist, values: [b]}]} | matchExpressions[0].values",
        "{matchExpressions: [{key: a, operator: in, values: [b]}]} | matchExpressions[0].operator",
        "{matchExpressions: [{key: a}]} | matchExpressions[0].operator: unknown operator: null",
        "{matchExpressions: [{operator: Exists}]} | matchExpressions[0].key: missing",
        "{matchExpressions: [{key: '', operator: Exists}]} | matchExpressions[0].key: missing",
        "{matchLabels: {'': b}} | matchLabels: a key is missing",
        "{matchLabels: {a: b}, matchExpressions: [{}]} | matchExpressions[0].key: missing",
      })
  void aSelectorThatCannotBeReadSelectsNothing(String selector, String problem) {
    assertThat(policy("{podSelector: " + selector + "}").podSelector())
        .isEqualTo(LabelSelector.NOTHING);
    expect("ERROR spec.podSelector." + problem);
    assertThat(problems.get(0).message()).endsWith("the policy selects no pod");
  }

  @Test
  void aNullKeyInMatchLabelsMakesTheSelectorUnreadable() {
    Map<String, String> labels = new HashMap<>();
    labels.put(null, "b");
    NetworkPolicySpec spec = new NetworkPolicySpec();
    spec.setPodSelector(new LabelSelectorBuilder().withMatchLabels(labels).build());
    assertThat(policy(spec).podSelector()).isEqualTo(LabelSelector.NOTHING);
  }

  @Test
  void listsThatAreNullAreAbsent() {
    NetworkPolicySpec spec = new NetworkPolicySpec();
    spec.setIngress(null);
    spec.setEgress(null);
    spec.setPolicyTypes(null);
    assertThat(policy(spec).rules()).isEqualTo(Map.of(Direction.INGRESS, List.of()));
    assertThat(policy((NetworkPolicySpec) null).isolates(Direction.INGRESS)).isTrue();
  }

  @Test
  void anObjectWithoutNameOrNamespaceIsRefused() {
    var policy = new io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy();
    assertThat(converter.networkPolicy(null)).isEmpty();
    assertThat(converter.networkPolicy(policy)).isEmpty();
    policy.setMetadata(new ObjectMeta());
    policy.getMetadata().setName("web");
    assertThat(converter.networkPolicy(policy)).isEmpty();
    assertThat(converter.pod(new io.fabric8.kubernetes.api.model.Pod())).isEmpty();
    assertThat(converter.namespace(new io.fabric8.kubernetes.api.model.Namespace())).isEmpty();
    assertThat(converter.node(new io.fabric8.kubernetes.api.model.Node())).isEmpty();
    assertThat(problems()).hasSize(6).allMatch(p -> p.startsWith("ERROR metadata.name"));
  }

  private Pod pod(String yaml) {
    var pod = parse(yaml, io.fabric8.kubernetes.api.model.Pod.class);
    pod.setMetadata(
        new PodBuilder(pod)
            .editOrNewMetadata()
            .withNamespace("shop")
            .withName("cart-7")
            .endMetadata()
            .build()
            .getMetadata());
    return converter.pod(pod).orElseThrow();
  }

  @Test
  void whatMattersOfAPod() {
    Pod pod =
        pod(
            """
            metadata: {labels: {app: cart, empty: null}}
            spec:
              nodeName: n1
              hostNetwork: true
              containers:
              - ports: [{name: http, containerPort: 8080}, {containerPort: 9000}]
              - ports: [{name: dns, containerPort: 53, protocol: UDP}]
              initContainers:
              - ports: [{name: once, containerPort: 1}]
              - restartPolicy: Always
                ports: [{name: sidecar, containerPort: 2, protocol: SCTP}]
            status: {phase: Running, podIP: 10.0.0.9, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}
            """);
    assertThat(pod.node()).isEqualTo("n1");
    assertThat(pod.hostNetwork()).isTrue();
    assertThat(pod.finished()).isFalse();
    assertThat(pod.labels()).isEqualTo(Map.of("app", "cart", "empty", ""));
    assertThat(pod.addresses()).hasToString("[10.0.0.1, fd00::1]");
    assertThat(pod.ports())
        .containsExactly(
            new Pod.NamedPort("http", Protocol.TCP, 8080),
            new Pod.NamedPort("", Protocol.TCP, 9000),
            new Pod.NamedPort("dns", Protocol.UDP, 53),
            new Pod.NamedPort("sidecar", Protocol.SCTP, 2));
    assertThat(problems).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"Succeeded,true", "Failed,true", "Running,false", "Pending,false", "x,false"})
  void aPodIsFinishedByItsPhase(String phase, boolean finished) {
    assertThat(pod("{status: {phase: " + phase + "}}").finished()).isEqualTo(finished);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{} | [] | -",
        "{status: {podIP: 10.0.0.1}} | [10.0.0.1] | -",
        "{status: {podIP: ''}} | [] | -",
        "{status: {podIP: x}} | [] | ERROR status.podIP: not an IP address: \"x\"",
        "{status: {podIPs: [{ip: x}, {ip: 10.0.0.1}]}} | [10.0.0.1] | ERROR status.podIPs[0].ip",
        "{status: {podIPs: [null, {ip: 10.0.0.1}]}} | [10.0.0.1] | ERROR status.podIPs[0].ip",
        "{status: {podIPs: [{}]}} | [] | ERROR status.podIPs[0].ip",
        "{status: {podIPs: [{ip: 10.0.0.1}, {ip: 10.0.0.1}]}} | [10.0.0.1] | -",
      })
  void addressesOfAPod(String pod, String addresses, String problem) {
    assertThat(pod(pod).addresses()).hasToString(addresses);
    expect(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{name: http, containerPort: 0} | ERROR spec.containers[0].ports[0].containerPort",
        "{name: http, containerPort: 70000} | ERROR spec.containers[0].ports[0].containerPort",
        "{name: http} | ERROR spec.containers[0].ports[0].containerPort: not a port number: null",
        "{name: http, containerPort: 1, protocol: X} | ERROR spec.containers[0].ports[0].protocol",
        "{name: 'a b', containerPort: 1} | ERROR spec.containers[0].ports[0].name: not a port name",
      })
  void aNamedPortThatCannotBeReadIsLeftOut(String port, String problem) {
    assertThat(pod("{spec: {containers: [{ports: [" + port + "]}]}}").ports()).isEmpty();
    expect(problem);
  }

  @Test
  void aPodOfNullsIsReadAsEmpty() {
    Map<String, String> labels = new HashMap<>();
    labels.put(null, "x");
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace("shop")
            .withName("odd")
            .endMetadata()
            .withNewSpec()
            .endSpec()
            .withNewStatus()
            .endStatus()
            .build();
    pod.getMetadata().setLabels(labels);
    pod.getSpec().setContainers(Collections.singletonList(null));
    pod.getSpec().setInitContainers(Collections.singletonList(null));
    pod.getStatus().setPodIPs(null);
    Pod read = converter.pod(pod).orElseThrow();
    assertThat(read.labels()).isEmpty();
    assertThat(read.ports()).isEmpty();
    var container = new io.fabric8.kubernetes.api.model.Container();
    container.setPorts(Arrays.asList(null, new ContainerPortBuilder().build()));
    pod.getSpec().setContainers(List.of(container));
    assertThat(converter.pod(pod).orElseThrow().ports()).isEmpty();
    assertThat(problems).isEmpty();
  }

  private Namespace namespace(String yaml) {
    return converter
        .namespace(parse(yaml, io.fabric8.kubernetes.api.model.Namespace.class))
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{metadata: {name: shop}}",
        "{metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}}",
        "{metadata: {name: shop, labels: {kubernetes.io/metadata.name: other}}}",
      })
  void aNamespaceAlwaysHasItsNameAsALabel(String yaml) {
    assertThat(namespace(yaml)).isEqualTo(Namespace.named("shop"));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "ingress, [INGRESS], -",
        "egress, [EGRESS], -",
        "none, [], -",
        "Both, [], ERROR metadata.annotations[netpol.io/default-isolation]: \"Both\" is none of",
      })
  void defaultIsolationOfANamespace(String value, String isolation, String problem) {
    Namespace namespace =
        namespace(
            "{metadata: {name: a, annotations: {netpol.io/default-isolation: " + value + "}}}");
    assertThat(namespace.defaultIsolation()).hasToString(isolation);
    if (problem == null) {
      assertThat(problems).isEmpty();
    } else {
      assertThat(problems()).singleElement().asString().startsWith(problem);
    }
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      quoteCharacter = '`',
      value = {
        "'true', true, -",
        "'false', false, -",
        "'True', false, ERROR metadata.annotations[netpol.io/audit]: \"True\" is neither true nor",
        "'', false, ERROR metadata.annotations[netpol.io/audit]: \"\" is neither true nor false",
      })
  void auditThatCannotBeReadIsEnforced(String value, boolean audited, String problem) {
    NetworkPolicy policy =
        converter
            .networkPolicy(
                parse(
                    "{metadata: {name: p, namespace: a, annotations: {netpol.io/audit: "
                        + value
                        + "}}, spec: {podSelector: {}}}",
                    io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy.class))
            .orElseThrow();
    assertThat(policy.audited()).isEqualTo(audited);
    if (problem == null) {
      assertThat(problems).isEmpty();
    } else {
      assertThat(problems()).singleElement().asString().startsWith(problem);
    }
  }

  @Test
  void bothIsolatesInBothDirections() {
    assertThat(
            namespace("{metadata: {name: a, annotations: {netpol.io/default-isolation: both}}}")
                .defaultIsolation())
        .isEqualTo(Set.of(Direction.INGRESS, Direction.EGRESS));
  }

  @Test
  void whatMattersOfANode() {
    Node node =
        converter
            .node(
                parse(
                    """
                    metadata: {name: n1}
                    spec: {podCIDR: 10.9.0.0/24, podCIDRs: [10.0.0.0/24, 'fd00::/64', x]}
                    status:
                      addresses:
                      - {type: InternalIP, address: 192.0.2.1}
                      - {type: ExternalIP, address: '2001:db8::1'}
                      - {type: Hostname, address: n1.example}
                      - {type: InternalIP, address: nonsense}
                      - null
                    """,
                    io.fabric8.kubernetes.api.model.Node.class))
            .orElseThrow();
    assertThat(node.addresses())
        .containsExactly(IpAddress.parse("192.0.2.1"), IpAddress.parse("2001:db8::1"));
    assertThat(node.podRanges())
        .containsExactly(Cidr.parse("10.0.0.0/24"), Cidr.parse("fd00::/64"));
    assertThat(problems())
        .hasSize(2)
        .anyMatch(p -> p.startsWith("ERROR status.addresses[3].address"));
  }

  @Test
  void aNodeWithoutPodRangesFallsBackToPodRange() {
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName("n1")
            .endMetadata()
            .withNewSpec()
            .withPodCIDR("10.0.0.0/24")
            .endSpec()
            .build();
    assertThat(converter.node(node).orElseThrow().podRanges()).hasToString("[10.0.0.0/24]");
  }
}
