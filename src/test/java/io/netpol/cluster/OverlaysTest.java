package io.netpol.cluster;

import static io.netpol.cluster.RealCluster.kubectl;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A changed setting and each overlay of deploy/ take effect by a rolling replacement, in which
 * nothing that is forbidden passes and nothing that is allowed is cut.
 */
@Tag("cluster")
@Timeout(value = 1, unit = TimeUnit.HOURS)
class OverlaysTest {

  private static final String REFUSED = "Connection refused";

  @TempDir private Path folder;
  private Checkout checkout;
  @AutoClose private Probes probes;
  private Probes.Since since;

  @BeforeEach
  void install() throws Exception {
    checkout = Checkout.in(folder);
    checkout.install("deploy/");
    probes = new Probes();
    since = probes.settled();
  }

  @Test
  void changedSettingReplacesTheAgentsAndHolds() throws Exception {
    assertThat(probes.connect(Probes.STRANGER).stderr()).doesNotContain(REFUSED);
    AgentPod before = AgentPod.on("n1");
    String settings = settings();

    checkout.setting("netpol.denied = reject");
    checkout.install("deploy/");

    assertThat(settings()).isNotEqualTo(settings);
    assertThat(AgentPod.on("n1")).isNotEqualTo(before);
    since.policiesHold();
    assertRefused();
  }

  /** The kernel bounds how often it tells a pod so, and this one connects all the time. */
  private void assertRefused() throws Exception {
    Eventually.holds(
        "the stranger is refused",
        () -> probes.connect(Probes.STRANGER).stderr().contains(REFUSED));
  }

  private static String settings() {
    return kubectl(
        "get",
        "daemonset",
        "camel-netpol",
        "-n",
        "camel-netpol",
        "-o",
        "jsonpath={.spec.template.spec.volumes[?(@.name=='settings')].configMap.name}");
  }

  @Test
  void overlaysHoldThePoliciesAndDoWhatTheySay() throws Exception {
    List<String> open = NodeRules.of("n1");
    checkout.install("deploy/fail-closed");
    since.policiesHold();
    assertThat(NodeRules.of("n1")).as("what drops pods unknown").hasSizeGreaterThan(open.size());

    checkout.install("deploy/reject-and-log");
    since.policiesHold();
    assertRefused();
    assertThat(NodeRules.of("n1")).anyMatch(line -> line.contains("-j LOG"));

    checkout.install("deploy/own-routes");
    since.policiesHold();
    kubectl("label", "networkpolicy", "web-ingress", "-n", "probes", "audited=true");
    String records = "cat /var/lib/camel-netpol/audit/*.jsonl";
    String changed = "policy probes/web-ingress MODIFIED";
    Eventually.holds(
        "an audit record on the node",
        () -> RealCluster.onNode("n1", "sh", "-c", records).stdout().contains(changed));

    checkout.install("deploy/");
    since.policiesHold();
  }

  @Test
  void auditDeniesNothingUntilItIsTakenBack() throws Exception {
    checkout.install("deploy/audit");
    Eventually.holds("all pass", () -> probes.connect(Probes.STRANGER).ok());
    assertThat(probes.connect(Probes.LOCKED).ok()).isTrue();
    assertThat(probes.connect(Probes.ALLOWED).ok()).isTrue();

    checkout.install("deploy/");
    probes.settled().policiesHold();
  }
}
