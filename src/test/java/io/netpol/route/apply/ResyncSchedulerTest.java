package io.netpol.route.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.testing.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResyncSchedulerTest {

  private static final Set<KernelTool> IPSET = Set.of(IptablesTools.IPSET);

  private final ResyncScheduler resync =
      new ResyncScheduler(
          List.of(IptablesTools.IPSET, IptablesTools.IPTABLES),
          Map.of(IptablesTools.IPSET, IptablesTools.IPSET_SUMMARY),
          Duration.ofMinutes(1));

  @Test
  void eachToolReadsAllOnceAtAResync() {
    assertThat(resync.nextToPrefetch(false)).isNull();
    resync.scheduleAll();
    resync.scheduleAll();
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPSET);
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPTABLES);
    assertThat(resync.nextToPrefetch(false)).isNull();
    assertThat(resync.nextToPrefetch(true))
        .as("all the time, but not all")
        .isEqualTo(IptablesTools.IPSET_SUMMARY);
  }

  @Test
  void afterAWriteASummaryThatAgreesIsEnough() {
    resync.scheduleAfterWrite();
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPSET_SUMMARY);
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPTABLES);
    resync.completeSummary(IptablesTools.IPSET_SUMMARY, true);
    assertThat(resync.nextToPrefetch(false)).isNull();
  }

  @Test
  void summaryThatDisagreesMakesTheToolReadAll() {
    resync.scheduleAfterWrite();
    resync.nextToPrefetch(false);
    resync.nextToPrefetch(false);
    resync.completeSummary(IptablesTools.IPSET_SUMMARY, false);
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPSET);
    assertThat(resync.nextToPrefetch(false)).isNull();
  }

  @Test
  void summaryThatAWriteOutdatesIsTakenAgain() {
    resync.scheduleAfterWrite();
    resync.nextToPrefetch(false);
    resync.nextToPrefetch(false);
    resync.wrote(IptablesTools.IPSET);
    resync.completeSummary(IptablesTools.IPSET_SUMMARY, false);
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPSET_SUMMARY);
  }

  @Test
  void setsAreBeingReadWhileTheyAreSummarized() {
    resync.scheduleAfterWrite();
    resync.nextToPrefetch(false);
    assertThat(resync.isReadingSets()).isTrue();
    resync.completeSummary(IptablesTools.IPSET_SUMMARY, true);
    assertThat(resync.isReadingSets()).isFalse();
  }

  @Test
  void resyncReadsAllAlsoAfterAWrite() {
    resync.scheduleAfterWrite();
    resync.scheduleAll();
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPSET);
  }

  @Test
  void snapshotCountsIfNothingWasWritten() {
    readSets("saved");
    assertThat(resync.startChecks(IPSET)).isEqualTo(IPSET);
    assertThat(resync.takeSnapshot(IptablesTools.IPSET)).isEqualTo("saved");
    assertThat(resync.takeSnapshot(IptablesTools.IPSET)).as("only once").isNull();
  }

  @Test
  void writeByAnotherToolDoesNotOutdateASnapshot() {
    startToReadSets();
    resync.wrote(IptablesTools.IPTABLES);
    resync.completePrefetch(IptablesTools.IPSET, "saved");
    assertThat(resync.startChecks(IPSET)).isEqualTo(IPSET);
    assertThat(resync.takeSnapshot(IptablesTools.IPSET)).isEqualTo("saved");
  }

  @Test
  void outdatedSnapshotIsTakenAgainBeforeAllOthers() {
    startToReadSets();
    resync.nextToPrefetch(false);
    resync.wrote(IptablesTools.IPSET);
    resync.completePrefetch(IptablesTools.IPSET, "old");
    assertThat(resync.startChecks(IPSET)).isEmpty();
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPSET);
    assertThat(resync.nextToPrefetch(false)).isNull();
  }

  @Test
  void noSnapshotCountsAfterAFailure() {
    readSets("saved");
    resync.wroteAny();
    assertThat(resync.startChecks(IPSET)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"false, 10", "true, 3"})
  void repeatedlyOutdatedSnapshotIsTakenWhileSyncsWait(boolean young, int tries) {
    int spoilt = 1;
    resync.scheduleAll();
    while (spoiltAndPutOff(young)) {
      spoilt++;
    }
    assertThat(spoilt).isEqualTo(tries);
    assertThat(resync.takeSnapshot(IptablesTools.IPSET))
        .as("what was read before is not used")
        .isNull();
  }

  private boolean spoiltAndPutOff(boolean young) {
    while (resync.nextToPrefetch(young) != IptablesTools.IPSET) {
      // The other tool is next.
    }
    resync.completePrefetch(IptablesTools.IPSET, "old");
    resync.wrote(IptablesTools.IPSET);
    return resync.startChecks(IPSET).isEmpty();
  }

  @Test
  void forcedReadIgnoresSnapshots() {
    readSets("saved");
    resync.forceReread();
    assertThat(resync.startChecks(IPSET)).isEqualTo(IPSET);
    assertThat(resync.takeSnapshot(IptablesTools.IPSET)).isNull();
  }

  @Test
  void syncReadsAfterAFailedPrefetch() {
    readSets(null);
    assertThat(resync.startChecks(IPSET)).isEqualTo(IPSET);
    assertThat(resync.takeSnapshot(IptablesTools.IPSET)).isNull();
  }

  @Test
  void lockOfSetsWaitsForAPrefetchAndKeepsOthersOut() throws Exception {
    startToReadSets();
    CompletableFuture<Void> locked = CompletableFuture.runAsync(() -> resync.lockSets(true));
    while (resync.nextToPrefetch(false) != null) {
      resync.scheduleAll(); // until the lock is seen
    }
    assertThat(locked).isNotDone();
    resync.completePrefetch(IptablesTools.IPSET, "saved");
    locked.get(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS);
    assertThat(resync.isReadingSets()).isFalse();
    resync.lockSets(false);
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPSET);
  }

  @Test
  void lockOfSetsWaitsForAReaderAndKeepsTheNextOut() throws Exception {
    assertThat(resync.beginReadingSets(Duration.ZERO)).isTrue();
    CompletableFuture<Void> locked = CompletableFuture.runAsync(() -> resync.lockSets(true));
    while (resync.beginReadingSets(Duration.ZERO)) {
      resync.endReadingSets(); // until the lock is seen
    }
    assertThat(locked).isNotDone();
    resync.endReadingSets();
    locked.get(30, TimeUnit.SECONDS);

    CompletableFuture<Boolean> asker =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return resync.beginReadingSets(Duration.ofSeconds(30));
              } catch (InterruptedException e) {
                return false;
              }
            });
    resync.lockSets(false);
    assertThat(asker.get(30, TimeUnit.SECONDS)).isTrue();
  }

  private void startToReadSets() {
    resync.scheduleAll();
    assertThat(resync.nextToPrefetch(false)).isEqualTo(IptablesTools.IPSET);
  }

  private void readSets(String saved) {
    startToReadSets();
    assertThat(resync.completePrefetch(IptablesTools.IPSET, saved).checks()).isEqualTo(IPSET);
  }
}
