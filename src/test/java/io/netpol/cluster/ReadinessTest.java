package io.netpol.cluster;

import static io.netpol.testing.Eventually.holds;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cluster.RealCluster.Ended;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An agent's pod is Ready while its node enforces what the cluster asks for, and is never restarted
 * because it does not.
 */
@Tag("cluster")
@Timeout(value = 1, unit = TimeUnit.HOURS)
class ReadinessTest {

  /**
   * Connections that this node has made to the Service of the API server, which the kubelet does
   * not use.
   */
  private static final String CUT =
      "OUTPUT -p tcp -m conntrack --ctorigdst 10.96.0.1 -j REJECT --reject-with tcp-reset";

  /**
   * An installation whose iptables the kernel refuses a rule of, and that soon finds its view old.
   */
  private static final String OVERLAY =
      """
      apiVersion: kustomize.config.k8s.io/v1beta1
      kind: Kustomization
      namespace: camel-netpol
      resources: [../base]
      configMapGenerator:
        - name: spoil
          files: [iptables-restore, iptables-save, ip6tables-restore, ip6tables-save]
      patches:
        - patch: |-
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: camel-netpol}
            spec:
              template:
                spec:
                  containers:
                    - name: netpol
                      env:
                        - {name: NETPOL_WATCH_SILENCE, value: "10000"}
                        - {name: NETPOL_LIST_TIMEOUT, value: "10000"}
                        - {name: NETPOL_CACHE_MAX_STALENESS, value: "20000"}
                        - {name: NETPOL_COMMAND_IPTABLES_RESTORE, value: /spoil/iptables-restore}
                        - {name: NETPOL_COMMAND_IP6TABLES_RESTORE, value: /spoil/ip6tables-restore}
                      volumeMounts: [{name: spoil, mountPath: /spoil}]
                  volumes: [{name: spoil, configMap: {name: spoil, defaultMode: 0755}}]
      """;

  @TempDir private Path folder;
  @AutoClose private Namespace namespace;
  private AgentPod agent;
  private String life;

  @BeforeEach
  void install() throws Exception {
    Path spoil = Files.createDirectory(folder.resolve("checkout"));
    Checkout checkout = Checkout.in(spoil);
    Path overlay = Files.createDirectory(spoil.resolve("deploy/spoil"));
    Files.writeString(overlay.resolve("kustomization.yaml"), OVERLAY);
    boolean nft = RealCluster.onNode("n1", "iptables", "--version").stdout().contains("nf_tables");
    for (String family : new String[] {"iptables", "ip6tables"}) {
      String real = family + (nft ? "-nft" : "-legacy");
      Files.writeString(
          overlay.resolve(family + "-restore"),
          "#!/bin/bash\nsed '/readiness.web-ingress ingress 1/s/-[jg] [A-Z]*$/-j MASQUERADE/' | %s-restore \"$@\"\n"
              .formatted(real));
      Files.writeString(
          overlay.resolve(family + "-save"), "#!/bin/bash\nexec %s-save \"$@\"\n".formatted(real));
    }
    checkout.install("deploy/spoil");
    namespace = new Namespace("readiness");
    namespace.apply(TestPod.server("web", "n1").yaml());
    namespace.ready("web");
    agent = AgentPod.on("n1");
    life = agent.life();
  }

  @AfterEach
  void remove() {
    iptables("-D");
  }

  private static Ended iptables(String action) {
    return RealCluster.onNode("n1", "sh", "-c", "iptables -w " + action + " " + CUT);
  }

  @Test
  void agentWhoseRulesTheKernelRefusesIsNotReadyUntilThePolicyIsGone() throws Exception {
    namespace.apply(Policies.ingress("web", Policies.pods("from", "friend")));
    holds("not Ready", () -> !agent.isReady());
    for (String object : new String[] {"pod/web", "networkpolicy/web-ingress"}) {
      holds("an Event on " + object, () -> events().contains("NetworkPolicyNotApplied " + object));
    }
    assertThat(agent.exec("netpol", "dead-letters", "list").stdout()).contains("readiness/web");

    namespace.delete("networkpolicy/web-ingress");
    holds("Ready again", agent::isReady);
    holds("an Event that says so", () -> events().contains("NetworkPolicyApplied pod/web"));

    String first = lastRefusal();
    namespace.apply(Policies.ingress("web", Policies.pods("from", "friend")));
    holds("the pod's Event is told again", () -> !lastRefusal().equals(first));
    assertThat(agent.life()).isEqualTo(life);
  }

  @Test
  void agentThatDoesNotReachTheApiServerIsNotReadyUntilItDoes() throws Exception {
    assertThat(iptables("-I").ok()).isTrue();
    holds("not Ready", () -> !agent.isReady());
    assertThat(agent.exec("netpol", "--version").ok()).isTrue();

    assertThat(iptables("-D").ok()).isTrue();
    holds("Ready again", agent::isReady);
    assertThat(agent.life()).isEqualTo(life);
  }

  private String lastRefusal() {
    return namespace.ask(
        "get",
        "events",
        "--field-selector=reason=NetworkPolicyNotApplied,involvedObject.kind=Pod",
        "-o",
        "jsonpath={.items[*].lastTimestamp}");
  }

  private String events() {
    return namespace.ask("get", "events").replaceAll(" +", " ");
  }
}
