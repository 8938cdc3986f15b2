package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.testing.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResyncSchedulerTest {

  private static final Set<KernelTool> IPSET = Set.of(IptablesTools.IPSET);

  private final ResyncScheduler checks =
      new ResyncScheduler(
          List.of(IptablesTools.IPSET, IptablesTools.IPTABLES), Duration.ofMinutes(1));

  @Test
  void eachToolIsReadOnceAfterAWrite() {
    assertThat(checks.next(false)).isNull();
    checks.all();
    checks.all();
    assertThat(checks.next(false)).isEqualTo(IptablesTools.IPSET);
    assertThat(checks.next(false)).isEqualTo(IptablesTools.IPTABLES);
    assertThat(checks.next(false)).isNull();
    assertThat(checks.next(true)).isEqualTo(IptablesTools.IPSET);
  }

  @Test
  void whatWasReadAheadCountsWhereNothingWasWritten() {
    readSets("saved");
    assertThat(checks.now(IPSET)).isEqualTo(IPSET);
    assertThat(checks.take(IptablesTools.IPSET)).isEqualTo("saved");
    assertThat(checks.take(IptablesTools.IPSET)).as("only once").isNull();
  }

  @Test
  void whatAnotherToolWroteDoesNotMatter() {
    startToReadSets();
    checks.wrote(IptablesTools.IPTABLES);
    checks.ahead(IptablesTools.IPSET, "saved");
    assertThat(checks.now(IPSET)).isEqualTo(IPSET);
    assertThat(checks.take(IptablesTools.IPSET)).isEqualTo("saved");
  }

  @Test
  void whatIsSpoiltHasItsTurnAgainBeforeAllOthers() {
    startToReadSets();
    checks.next(false);
    checks.wrote(IptablesTools.IPSET);
    checks.ahead(IptablesTools.IPSET, "old");
    assertThat(checks.now(IPSET)).isEmpty();
    assertThat(checks.next(false)).isEqualTo(IptablesTools.IPSET);
    assertThat(checks.next(false)).isNull();
  }

  @Test
  void afterAFailureNothingReadBeforeCounts() {
    readSets("saved");
    checks.wroteAnything();
    assertThat(checks.now(IPSET)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"false, 10", "true, 3"})
  void whatIsSpoiltAgainAndAgainIsReadWhileTheAppliesWait(boolean young, int tries) {
    int spoilt = 1;
    checks.all();
    while (spoiltAndPutOff(young)) {
      spoilt++;
    }
    assertThat(spoilt).isEqualTo(tries);
    assertThat(checks.take(IptablesTools.IPSET)).as("what was read before is not used").isNull();
  }

  private boolean spoiltAndPutOff(boolean young) {
    while (checks.next(young) != IptablesTools.IPSET) {
      // The other tool has its turn.
    }
    checks.ahead(IptablesTools.IPSET, "old");
    checks.wrote(IptablesTools.IPSET);
    return checks.now(IPSET).isEmpty();
  }

  @Test
  void whatIsDemandedIsReadWhateverWasReadBefore() {
    readSets("saved");
    checks.demand();
    assertThat(checks.now(IPSET)).isEqualTo(IPSET);
    assertThat(checks.take(IptablesTools.IPSET)).isNull();
  }

  @Test
  void whereReadingAheadFailedTheApplyReads() {
    readSets(null);
    assertThat(checks.now(IPSET)).isEqualTo(IPSET);
    assertThat(checks.take(IptablesTools.IPSET)).isNull();
  }

  @Test
  void whoNeedsTheSetsAloneWaitsForWhoReadsThemAndKeepsOthersOut() throws Exception {
    startToReadSets();
    CompletableFuture<Void> alone = CompletableFuture.runAsync(() -> checks.setsAlone(true));
    while (checks.next(false) != null) {
      checks.all(); // until it is seen that somebody wants to be alone
    }
    assertThat(alone).isNotDone();
    checks.ahead(IptablesTools.IPSET, "saved");
    alone.get(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS);
    assertThat(checks.isReadingSets()).isFalse();
    checks.setsAlone(false);
    assertThat(checks.next(false)).isEqualTo(IptablesTools.IPSET);
  }

  @Test
  void whoNeedsTheSetsAloneWaitsForOneWhoAsksAndKeepsTheNextOut() throws Exception {
    assertThat(checks.beginReadingSets(Duration.ZERO)).isTrue();
    CompletableFuture<Void> alone = CompletableFuture.runAsync(() -> checks.setsAlone(true));
    while (checks.beginReadingSets(Duration.ZERO)) {
      checks.endReadingSets(); // until it is seen that somebody wants to be alone
    }
    assertThat(alone).isNotDone();
    checks.endReadingSets();
    alone.get(30, TimeUnit.SECONDS);

    CompletableFuture<Boolean> asker =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return checks.beginReadingSets(Duration.ofSeconds(30));
              } catch (InterruptedException e) {
                return false;
              }
            });
    checks.setsAlone(false);
    assertThat(asker.get(30, TimeUnit.SECONDS)).isTrue();
  }

  private void startToReadSets() {
    checks.all();
    assertThat(checks.next(false)).isEqualTo(IptablesTools.IPSET);
  }

  private void readSets(String saved) {
    startToReadSets();
    assertThat(checks.ahead(IptablesTools.IPSET, saved).checks()).isEqualTo(IPSET);
  }
}
