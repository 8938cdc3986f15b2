package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Every case in every mode, measured in a kernel. {@code -Dcase=namedPort} tries only those whose
 * name contains the text.
 */
@NeedsKernel
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PolicyCasesTest {

  private static final List<Mode> MODES =
      List.of(
          new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.IPSET),
          new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.RULES),
          new Mode(Wiring.ROUTED, Backend.LEGACY, PeerForm.IPSET),
          new Mode(Wiring.ROUTED, Backend.LEGACY, PeerForm.RULES),
          new Mode(Wiring.BRIDGED, Backend.NFT, PeerForm.IPSET),
          Mode.nftables(Wiring.ROUTED, PeerForm.IPSET),
          Mode.nftables(Wiring.ROUTED, PeerForm.RULES),
          Mode.nftables(Wiring.BRIDGED, PeerForm.IPSET));

  private final Map<Wiring, CaseLab> labs = new EnumMap<>(Wiring.class);
  private List<PolicyCase> cases;

  @BeforeAll
  void start() throws IOException {
    cases = PolicyCase.all();
    for (Wiring wiring : Wiring.values()) {
      labs.put(wiring, new CaseLab(wiring));
    }
  }

  @AfterAll
  void stop() {
    labs.values().forEach(CaseLab::close);
  }

  @TestFactory
  Stream<DynamicContainer> measuredIsWhatIsWritten() {
    return measured(this::isMeasured);
  }

  /** What the other test leaves out. */
  @Tag("long")
  @TestFactory
  Stream<DynamicContainer> measuredIsWhatIsWrittenInTheOtherModesToo() {
    return measured((mode, each) -> !isMeasured(mode, each));
  }

  /** All in the first mode; each in one of the others, whose rules are nearly the same text. */
  private boolean isMeasured(Mode mode, PolicyCase each) {
    int turn = MODES.indexOf(mode);
    return turn == 0 || turn == 1 + cases.indexOf(each) % (MODES.size() - 1);
  }

  private Stream<DynamicContainer> measured(BiPredicate<Mode, PolicyCase> which) {
    String only = System.getProperty("case", "");
    return MODES.stream()
        .map(
            mode ->
                dynamicContainer(
                    mode.toString(),
                    cases.stream()
                        .filter(each -> each.name().contains(only) && which.test(mode, each))
                        .map(
                            each ->
                                dynamicTest(
                                    each.name(),
                                    () -> labs.get(mode.wiring()).check(each, mode)))));
  }

  @Test
  void noTwoCasesShareAName() {
    assertThat(cases).extracting(PolicyCase::name).doesNotHaveDuplicates().doesNotContainNull();
  }
}
