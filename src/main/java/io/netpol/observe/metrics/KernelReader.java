package io.netpol.observe.metrics;

import io.netpol.analysis.explain.KernelCheck;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelSnapshot;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.index.Cluster;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.route.NetpolHeaders;
import io.netpol.route.apply.FailureCause;
import io.netpol.route.apply.ResyncScheduler;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/**
 * Reads the kernel for an answer to people, by the agent's own route, and compares it with what
 * pods need. Syncs go on meanwhile, except for changes that the kernel refuses while sets are
 * listed. Thread-safe; one call reads at a time.
 */
public final class KernelReader implements KernelCheck {

  /** Most reads: a rule that is written during a read may seem to be missing. */
  private static final int TRIES = 3;

  private static final String SAVE = "direct:save";

  private final CamelContext context;
  private final Cluster cluster;
  private final Dataplane dataplane;
  private final ResyncScheduler resync;
  private final Set<Family> families;
  private final Duration limit;

  /**
   * Creates the reader; an agent has one.
   *
   * @param families the families that the agent enforces
   * @param limit how long a call may take for all reads together
   */
  public KernelReader(
      CamelContext context,
      Cluster cluster,
      Dataplane dataplane,
      ResyncScheduler resync,
      Set<Family> families,
      Duration limit) {
    this.context = context;
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.resync = resync;
    this.families = Set.copyOf(families);
    this.limit = limit;
  }

  @Override
  public synchronized Result of(Set<ObjectKey> pods) {
    long end = System.nanoTime() + limit.toNanos();
    try (ProducerTemplate routes = context.createProducerTemplate()) {
      for (int tries = 1; ; tries++) {
        long writes = resync.writes();
        KernelSnapshot kernel = snapshot(routes, end);
        Map<ObjectKey, Boolean> programmed = new TreeMap<>();
        pods.forEach(pod -> programmed.put(pod, isProgrammed(pod, kernel)));
        if (tries == TRIES || !programmed.containsValue(false) || writes == resync.writes()) {
          return new Result(programmed, Optional.empty());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Result(Map.of(), Optional.of("the agent stops"));
    } catch (UnreadException | UnreadableListing e) {
      return new Result(Map.of(), Optional.of(e.getMessage()));
    } catch (Exception e) {
      return new Result(Map.of(), Optional.of(FailureCause.message(e)));
    }
  }

  private boolean isProgrammed(ObjectKey key, KernelSnapshot kernel) {
    return cluster.localPod(key).stream()
        .flatMap(pod -> pod.addresses().stream())
        .map(IpAddress::family)
        .filter(families::contains)
        .allMatch(family -> dataplane.isProgrammed(new PodInFamily(key, family), kernel));
  }

  private KernelSnapshot snapshot(ProducerTemplate routes, long end)
      throws InterruptedException, UnreadException {
    Map<KernelTool, String> saved = new TreeMap<>();
    for (KernelTool tool : dataplane.tools()) {
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      if (tool.listingBlocks() && !resync.beginReadingSets(left)) {
        throw late("the agent does not stop writing sets");
      }
      // Not asyncSend, whose future has no error if the template closes first.
      CompletableFuture<Exchange> read =
          CompletableFuture.supplyAsync(
              () ->
                  routes.send(
                      SAVE,
                      exchange -> exchange.getMessage().setHeader(NetpolHeaders.TOOL, tool.id())),
              KernelReader::start);
      if (tool.listingBlocks()) {
        read.whenComplete((exchange, failure) -> resync.endReadingSets());
      }
      saved.put(tool, await(tool, read, end - System.nanoTime()));
    }
    return dataplane.snapshot(saved);
  }

  private static void start(Runnable read) {
    Thread thread = new Thread(read, "kernel-reader");
    thread.setDaemon(true);
    thread.start();
  }

  private String await(KernelTool tool, CompletableFuture<Exchange> read, long nanos)
      throws InterruptedException, UnreadException {
    try {
      Exchange exchange = read.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
      if (exchange.getException() != null) {
        throw new UnreadException(FailureCause.message(exchange.getException()));
      }
      String saved = exchange.getMessage().getBody(String.class);
      return saved == null ? "" : saved;
    } catch (TimeoutException e) {
      throw late(tool.id() + " does not answer");
    } catch (ExecutionException e) {
      throw new UnreadException(String.valueOf(e.getCause()));
    }
  }

  private UnreadException late(String what) {
    return new UnreadException(what + " within " + limit.toSeconds() + " s");
  }

  /** The kernel could not be read; the message tells why. */
  private static final class UnreadException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadException(String message) {
      super(message);
    }
  }
}
