package io.netpol.analysis.lint;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.analysis.lint.Finding.Code;
import io.netpol.analysis.lint.Finding.Severity;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.manifest.ManifestException;
import io.netpol.kubernetes.manifest.Manifests;
import io.netpol.model.DefaultIsolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lint does not advise what would do harm. */
class LintAdviceTest {

  private static final String PODS =
      """
      - {apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: a}}}
      - {apiVersion: v1, kind: Namespace, metadata: {name: sys, labels: {team: sys}}}
      - {apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDRs: [10.0.1.0/24]}}
      - {apiVersion: v1, kind: Pod, metadata: {name: srv, namespace: a, labels: {app: srv}}, status: {podIP: 10.0.1.1}}
      - {apiVersion: v1, kind: Pod, metadata: {name: cli, namespace: a, labels: {app: cli}}, status: {podIP: 10.0.1.2}}
      - {apiVersion: v1, kind: Pod, metadata: {name: job, namespace: a, labels: {app: job}}, status: {podIP: 10.0.1.3, phase: Succeeded}}
      - {apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: sys, labels: {app: agent}}, spec: {hostNetwork: true}, status: {podIP: 192.168.0.1}}
      """;

  @TempDir private Path folder;

  private List<Finding> lint(String objects) throws IOException, ManifestException {
    Files.writeString(
        folder.resolve("x.yaml"),
        "apiVersion: v1\nkind: List\nitems:\n" + PODS + objects.stripIndent());
    Manifests read = Manifests.read(folder);
    Cluster cluster = new Cluster("", DefaultIsolation.OFF);
    read.namespaces().forEach(cluster::put);
    read.nodes().forEach(cluster::put);
    read.pods().forEach(cluster::put);
    read.policies().forEach(cluster::put);
    return PolicyLint.of(cluster);
  }

  private static String policy(String name, String spec) {
    return "- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: %s, namespace: a}, spec: %s}\n"
        .formatted(name, spec);
  }

  @Test
  void defaultDenyIsNotRedundantBecauseAnotherPolicyIsolatesToo() throws Exception {
    String deny = policy("deny", "{podSelector: {}, policyTypes: [Ingress]}");
    assertThat(lint(deny + policy("allow", "{podSelector: {}, ingress: [{}]}"))).isEmpty();
    assertThat(
            lint(
                deny
                    + policy(
                        "some",
                        "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: cli}}}]}]}")))
        .isEmpty();
    assertThat(lint(deny + policy("deny-srv", "{podSelector: {matchLabels: {app: srv}}}")))
        .as("a deny within a deny")
        .isEmpty();
  }

  @Test
  void policyThatDeniesOneDirectionIsNotRedundantForWhatItAllowsInTheOther() throws Exception {
    String rule = "ingress: [{from: [{podSelector: {matchLabels: {app: cli}}}]}]";
    assertThat(
            lint(
                policy("p", "{podSelector: {}, policyTypes: [Ingress, Egress], " + rule + "}")
                    + policy("wide", "{podSelector: {}, egress: [{}], ingress: [{}]}")))
        .extracting(Finding::code)
        .doesNotContain(Code.REDUNDANT);
  }

  @Test
  void copyOfADefaultDenyIsRedundant() throws Exception {
    String deny = "{podSelector: {}, policyTypes: [Ingress]}";
    assertThat(lint(policy("deny", deny) + policy("deny-again", deny)))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code()).isEqualTo(Code.REDUNDANT);
              assertThat(finding.policy()).hasToString("a/deny-again");
            });
  }

  @Test
  void policyBesideOneThatAllowsEverythingIsNotToBeRemoved() throws Exception {
    assertThat(
            lint(
                policy("all", "{podSelector: {}, ingress: [{}]}")
                    + policy(
                        "some",
                        "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: cli}}}]}]}")))
        .singleElement()
        .extracting(Finding::advice)
        .isEqualTo(
            "check whether a/all is meant to allow everything; this policy has no effect beside it");
  }

  @Test
  void narrowPolicyBesideAWiderOneIsRedundant() throws Exception {
    assertThat(
            lint(
                policy(
                        "narrow",
                        "{podSelector: {matchLabels: {app: srv}}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/25}}], ports: [{port: 80}]}]}")
                    + policy(
                        "wide",
                        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 80, endPort: 90}]}]}")))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.policy()).hasToString("a/narrow");
              assertThat(finding.sentence()).startsWith("a/wide isolates the same pods");
              assertThat(finding.advice()).startsWith("remove it, unless");
            });
  }

  @Test
  void peerOfPodsOnTheHostNetworkIsToldSo() throws Exception {
    assertThat(
            lint(
                policy(
                    "p",
                    "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: sys}}, podSelector: {matchLabels: {app: agent}}}]}]}")))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.sentence())
                  .isEqualTo(
                      "only pods on the host network have app=agent in namespaces team=sys, and"
                          + " selectors do not mean these");
              assertThat(finding.advice()).startsWith("use an ipBlock");
            });
    assertThat(
            lint(
                policy(
                    "p",
                    "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: sys}}}]}]}")))
        .singleElement()
        .extracting(Finding::sentence)
        .asString()
        .startsWith("only pods on the host network are in namespaces team=sys");
    assertThat(
            lint(
                policy(
                    "p",
                    "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: agent}}}]}]}")))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.sentence()).startsWith("no pod has app=agent in namespace a");
              assertThat(finding.advice()).startsWith("pods on the host network of other");
            });
  }

  @Test
  void labelsOfFinishedPodsMayComeAgain() throws Exception {
    assertThat(
            lint(
                policy(
                        "p",
                        "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: job}}}]}]}")
                    + policy("q", "{podSelector: {matchLabels: {app: job}}}")))
        .hasSize(2)
        .allSatisfy(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.INFO);
              assertThat(finding.sentence())
                  .startsWith("only pods that have finished have app=job");
            });
  }

  @Test
  void everybodyButOneAddressIsMeant() throws Exception {
    String rule =
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [%s]}}]}]}";
    assertThat(lint(policy("p", rule.formatted("169.254.169.254/32")))).isEmpty();
    assertThat(lint(policy("p", rule.formatted("10.0.1.7/32"))))
        .singleElement()
        .extracting(Finding::code)
        .isEqualTo(Code.BLOCK_OVERLAPS_PODS);
  }

  @Test
  void cacheOnTheNodeIsAskedWithoutARule() throws Exception {
    String egress =
        policy(
            "p",
            "{podSelector: {matchLabels: {app: srv}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}], ports: [{port: 80}]}]}");
    assertThat(lint(egress))
        .singleElement()
        .extracting(Finding::severity)
        .isEqualTo(Severity.WARNING);
    assertThat(
            lint(
                egress
                    + "- {apiVersion: v1, kind: Pod, metadata: {name: dns, namespace: sys, labels: {k8s-app: node-local-dns}}, spec: {hostNetwork: true}}\n"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.INFO);
              assertThat(finding.advice())
                  .startsWith("nothing, where it asks the cache on its node");
            });
  }

  @Tag("stress")
  @Test
  void tenThousandPoliciesOfTheSamePodsAreCompared() throws Exception {
    StringBuilder policies = new StringBuilder();
    for (int i = 0; i < 10_000; i++) {
      policies.append(
          policy(
              "p%05d".formatted(i),
              "{podSelector: {matchLabels: {app: srv}}, ingress: [{from: [{podSelector: {matchLabels: {app: cli}}}], ports: [{port: 53}]}, {ports: [{port: "
                  + (1_000 + i % 9_999)
                  + "}]}]}"));
    }
    assertThat(lint(policies.toString()))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.policy()).hasToString("a/p09999");
              assertThat(finding.sentence()).startsWith("a/p00000 ");
            });
  }
}
