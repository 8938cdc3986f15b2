package io.netpol.cli;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.netpol.route.Applied;
import io.netpol.route.ApplyListener;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back, soon after the first apply, the memory that only the first lists needed: until then
 * the heap grows freely, from then on it has little more room than it fills.
 */
final class HeapTrimmer implements ApplyListener {

  private static final Logger LOG = LoggerFactory.getLogger(HeapTrimmer.class);

  /** In seconds; until then the first apply and what came due meanwhile are over. */
  private static final long DELAY = 2;

  /** In percent of the heap, free after a collection. */
  private static final String LEAST_FREE = "20";

  private static final String MOST_FREE = "30";

  private final AtomicBoolean asked = new AtomicBoolean();

  @Override
  public void applied(Applied applied) {
    if (!asked.getAndSet(true)) {
      CompletableFuture.delayedExecutor(DELAY, TimeUnit.SECONDS).execute(HeapTrimmer::collect);
    }
  }

  private static void collect() {
    try {
      HotSpotDiagnosticMXBean vm =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      vm.setVMOption("MinHeapFreeRatio", LEAST_FREE);
      vm.setVMOption("MaxHeapFreeRatio", MOST_FREE);
    } catch (RuntimeException e) {
      LOG.debug("the heap keeps the room it has: {}", e.toString()); // another JVM, or its settings
    }
    System.gc(); // only a collection of all of it lets it shrink
  }
}
