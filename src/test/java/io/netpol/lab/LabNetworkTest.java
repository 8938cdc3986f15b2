package io.netpol.lab;

import static io.netpol.lab.LabFixture.PORTS;
import static io.netpol.lab.LabFixture.everything;
import static io.netpol.lab.LabFixture.notAllowed;
import static io.netpol.lab.LabFixture.run;
import static io.netpol.lab.LabFixture.small;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.LabPlan.Pod;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@NeedsKernel
class LabNetworkTest {
  private static final String OWN = "np%x-".formatted(ProcessHandle.current().pid());

  @ParameterizedTest
  @EnumSource
  void nothingIsLeftAfterClose(Wiring wiring) throws IOException {
    List<String> links = list("/sys/class/net");
    LabNetwork lab = LabNetwork.start(small(wiring));
    assertThat(Namespaces.list(lab.prefix())).hasSize(7);
    assertThat(lab.exec("n1", "", List.of("ip", "route")).stdout()).contains("10.244.2.0/24");
    lab.close();
    lab.close();
    assertThat(Namespaces.list(lab.prefix())).isEmpty();
    assertThat(list("/sys/class/net")).isEqualTo(links);
  }

  @Test
  void nothingIsLeftAfterAStartThatFailed() {
    LabPlan twice =
        small(Wiring.ROUTED)
            .pod(new Pod("late", "n1", small(Wiring.ROUTED).pods().get(0).addresses()));
    List<String> before = Namespaces.list(OWN);
    assertThatThrownBy(() -> LabNetwork.start(twice))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("File exists");
    assertThat(Namespaces.list(OWN)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void podsComeMoveAndGo(Wiring wiring) throws IOException {
    try (LabNetwork lab = LabNetwork.start(small(wiring));
        Prober prober = Prober.start(lab, PORTS)) {
      assertThat(notAllowed(prober, everything(lab))).isEmpty();

      lab.addPod(new Pod("shop/new", "n2", lab.plan().podAddresses("n2", 77)));
      prober.listen("shop/new");
      assertThat(notAllowed(prober, everything(lab))).isEmpty();

      List<String> former = lab.addresses("shop/b");
      lab.movePod("shop/b", lab.plan().podAddresses("n1", 99));
      assertThat(lab.addresses("shop/b")).doesNotContainAnyElementsOf(former);
      assertThat(notAllowed(prober, everything(lab))).isEmpty();
      assertThat(prober.measure(List.of(Flow.tcp("shop/a", former.get(0), 80))))
          .doesNotContainValue(Outcome.ALLOWED);

      // Another pod takes over an address that the neighbours still know.
      lab.movePod("shop/a", former);
      assertThat(notAllowed(prober, everything(lab))).isEmpty();

      List<String> gone = lab.addresses("shop/a");
      prober.stopListening("shop/a");
      lab.removePod("shop/a");
      assertThat(lab.members()).doesNotContain("shop/a");
      assertThat(prober.measure(List.of(Flow.icmp("shop/b", gone.get(0)))))
          .doesNotContainValue(Outcome.ALLOWED);
      assertThat(notAllowed(prober, everything(lab))).isEmpty();

      lab.addPod(new Pod("shop/again", "n1", gone));
      prober.listen("shop/again");
      assertThat(notAllowed(prober, everything(lab))).isEmpty();
    }
  }

  @Test
  void aPodThatCannotBeAddedLeavesTheLabAsItWas() throws IOException {
    try (LabNetwork lab = LabNetwork.start(small(Wiring.ROUTED))) {
      LabPlan before = lab.plan();
      Pod doubled = new Pod("late", "n1", lab.addresses("shop/a"));
      assertThatThrownBy(() -> lab.addPod(doubled)).isInstanceOf(IOException.class);
      assertThat(lab.plan()).isEqualTo(before);
      assertThat(Namespaces.list(lab.prefix())).hasSize(7);
      lab.addPod(new Pod("late", "n1", lab.plan().podAddresses("n1", 50)));
    }
  }

  @Test
  void aSweepRemovesOnlyLabsWhoseProcessIsGone() throws IOException {
    // The largest process id on Linux is below 2^22.
    String orphan = "np7fffffff-1-orphan";
    String foreign = "np7fffffff-foreign";
    try (LabNetwork lab = LabNetwork.start(small(Wiring.ROUTED))) {
      Namespaces.create(List.of(orphan, foreign));
      try {
        assertThat(LabNetwork.sweep()).contains(orphan);
        assertThat(list("/run/netns")).doesNotContain(orphan).contains(foreign);
        assertThat(Namespaces.list(lab.prefix())).hasSize(7);
      } finally {
        Namespaces.delete(List.of(orphan, foreign));
      }
    }
  }

  @Test
  void commandsRunInsideWithInputOutputAndATimeLimit() throws IOException {
    try (LabNetwork lab = LabNetwork.start(small(Wiring.BRIDGED))) {
      assertThat(lab.exec("n1", "hello", List.of("sh", "-c", "cat; echo bad >&2; exit 3")))
          .isEqualTo(new CommandResult(3, "hello", "bad\n"));
      assertThat(lab.exec("n1", "", Duration.ofMillis(100), List.of("sleep", "20")).exit())
          .isEqualTo(CommandResult.TIMED_OUT);
      assertThat(run(lab, "n1", "ip -o address show dev cni0")).contains("10.244.1.1/24");
      String ownRoot =
          CommandResult.run(List.of("ip", "-o", "link"), "", Eventually.BOUND).stdout();
      assertThat(ownRoot).doesNotContain("cni0");
    }
  }

  private static List<String> list(String directory) {
    String[] names = new File(directory).list();
    return names == null ? List.of() : List.of(names).stream().sorted().toList();
  }
}
