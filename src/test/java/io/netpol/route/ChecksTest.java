package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.iptables.Tool;
import io.netpol.iptables.Work;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChecksTest {

  private static final Set<Tool> IPSET = Set.of(Tool.IPSET);

  private final Checks checks = new Checks(List.of(Tool.IPSET, Tool.IPTABLES));

  @Test
  void eachToolIsReadOnceAfterAWrite() {
    assertThat(checks.next(false)).isNull();
    checks.applied();
    checks.applied();
    assertThat(checks.next(false)).isEqualTo(Tool.IPSET);
    assertThat(checks.next(false)).isEqualTo(Tool.IPTABLES);
    assertThat(checks.next(false)).isNull();
    assertThat(checks.next(true)).isEqualTo(Tool.IPSET);
  }

  @Test
  void whatWasReadAheadCountsWhereNothingWasWritten() {
    read("saved");
    assertThat(checks.now(IPSET)).isEqualTo(IPSET);
    assertThat(checks.take(Tool.IPSET)).isEqualTo("saved");
    assertThat(checks.take(Tool.IPSET)).as("only once").isNull();
  }

  @Test
  void afterAWriteItIsReadAnew() {
    checks.applied();
    Tool tool = checks.next(false);
    checks.wrote();
    checks.ahead(tool, "old");
    assertThat(checks.take(Tool.IPSET)).isNull();
  }

  @Test
  void whatIsSpoiltHasItsTurnAgainAndAtLastTheAppliesWait() {
    int tries = 0;
    while (true) {
      checks.applied();
      Tool tool = checks.next(false);
      if (tool != Tool.IPSET) {
        continue;
      }
      checks.ahead(tool, "old");
      checks.wrote();
      tries++;
      if (!checks.now(IPSET).isEmpty()) {
        break;
      }
      assertThat(tries).isLessThan(10);
    }
    assertThat(tries).isEqualTo(10);
    assertThat(checks.take(Tool.IPSET)).as("then it is read while nothing is written").isNull();
  }

  @Test
  void whereReadingAheadFailedTheApplyReads() {
    read(null);
    assertThat(checks.now(IPSET)).isEqualTo(IPSET);
    assertThat(checks.take(Tool.IPSET)).isNull();
  }

  @Test
  void aCheckThatWasNotReadAheadIsReadAtOnce() {
    assertThat(checks.now(Set.of(Tool.IPTABLES))).containsExactly(Tool.IPTABLES);
  }

  private void read(String saved) {
    checks.applied();
    Work work = checks.ahead(checks.next(false), saved);
    assertThat(work.checks()).isEqualTo(IPSET);
  }
}
