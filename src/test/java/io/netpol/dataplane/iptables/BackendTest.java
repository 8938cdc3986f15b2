package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The back-end that a host uses is found by what it holds. */
@NeedsKernel
class BackendTest {

  private static final LabPlan ONE_NODE = LabPlan.of(LabPlan.Wiring.ROUTED).node("n1");

  @Test
  void emptyHostUsesNft() throws IOException {
    try (LabNetwork lab = LabNetwork.start(ONE_NODE)) {
      assertThat(detect(lab).backend()).isEqualTo(Backend.NFT);
    }
  }

  @Test
  void moreRulesInOneBackendDecide() throws IOException {
    try (LabNetwork lab = LabNetwork.start(ONE_NODE)) {
      run(lab, "iptables-legacy -A INPUT -s 192.0.2.1 -j DROP");
      run(lab, "ip6tables-legacy -A INPUT -s 2001:db8::1 -j DROP");
      run(lab, "iptables-nft -A INPUT -s 192.0.2.1 -j DROP");
      assertThat(detect(lab).backend()).isEqualTo(Backend.LEGACY);
    }
  }

  @Test
  void kubeletsChainDecidesAgainstMoreRules() throws IOException {
    try (LabNetwork lab = LabNetwork.start(ONE_NODE)) {
      run(lab, "iptables-nft -A INPUT -s 192.0.2.1 -j DROP");
      run(lab, "iptables-nft -A INPUT -s 192.0.2.2 -j DROP");
      run(lab, "iptables-legacy -t mangle -N KUBE-KUBELET-CANARY");
      Backend.Found found = detect(lab);
      assertThat(found.backend()).isEqualTo(Backend.LEGACY);
      assertThat(found.reason()).contains("KUBE-KUBELET-CANARY");
    }
  }

  @Test
  void ourOwnRulesDecideNothingAndAreToldOfWhereTheyAreInTheOther() throws IOException {
    try (LabNetwork lab = LabNetwork.start(ONE_NODE)) {
      run(lab, "iptables-legacy -A INPUT -s 192.0.2.1 -j DROP");
      run(lab, "iptables-nft -N NWPLCY-FORWARD");
      run(lab, "iptables-nft -A FORWARD -j NWPLCY-FORWARD");
      run(lab, "iptables-nft -A OUTPUT -j NWPLCY-FORWARD");
      run(lab, "iptables-nft -A NWPLCY-FORWARD -s 192.0.2.1 -j DROP");
      Backend.Found found = detect(lab);
      assertThat(found.backend()).isEqualTo(Backend.LEGACY);
      assertThat(found.oursInOther()).isTrue();
      run(lab, "iptables-nft -A INPUT -s 192.0.2.1 -j DROP");
      run(lab, "iptables-nft -A INPUT -s 192.0.2.2 -j DROP");
      assertThat(detect(lab))
          .extracting("backend", "oursInOther")
          .containsExactly(Backend.NFT, false);
    }
  }

  private static Backend.Found detect(LabNetwork lab) {
    return Backend.find(Backend.Choice.AUTO, List.of(lab.inside("n1").trim().split(" ")));
  }

  private static void run(LabNetwork lab, String command) throws IOException {
    assertThat(lab.exec("n1", "", List.of(command.split(" "))).ok()).as(command).isTrue();
  }
}
