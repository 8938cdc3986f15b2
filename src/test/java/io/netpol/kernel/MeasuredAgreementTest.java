package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.testing.Figures;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Packets in a kernel, the evaluator, and a walk of the rules' text say the same of random
 * policies. {@code -Dagreement.seed=N} begins with another seed.
 */
@NeedsKernel
class MeasuredAgreementTest {

  /** The next mode every so many clusters: a change of back-end empties the kernel first. */
  private static final int IN_A_ROW = 5;

  private static final List<Mode> MODES =
      List.of(
          new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.IPSET),
          new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.RULES),
          new Mode(Wiring.ROUTED, Backend.LEGACY, PeerForm.IPSET),
          new Mode(Wiring.ROUTED, Backend.LEGACY, PeerForm.RULES),
          Mode.nftables(Wiring.ROUTED, PeerForm.IPSET),
          Mode.nftables(Wiring.ROUTED, PeerForm.RULES));

  @Test
  void packetsEvaluatorAndRulesAgree() throws IOException {
    assertThat(agree(MODES.size(), 1)).isGreaterThan(1_000);
  }

  @Test
  @Tag("long")
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void packetsEvaluatorAndRulesAgreeInManyClusters() throws IOException {
    assertThat(agree(180, IN_A_ROW)).isGreaterThan(10_000);
  }

  /** Returns how many connections were measured. */
  private static int agree(int clusters, int inARow) throws IOException {
    long first = Long.getLong("agreement.seed", 1);
    int measured = 0;
    try (CaseLab lab = new CaseLab(Wiring.ROUTED)) {
      for (int i = 0; i < clusters; i++) {
        Mode mode = MODES.get(i / inARow % MODES.size());
        PolicyCase policyCase = RandomCase.of(first + i, new Topology().plan(Wiring.ROUTED), false);
        measured += lab.agree(policyCase, mode);
      }
    }
    Figures.print("%d clusters, %d connections measured", clusters, measured);
    return measured;
  }
}
