package io.netpol.observe;

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
import io.netpol.route.FailureCause;
import io.netpol.route.NetpolHeaders;
import io.netpol.route.ResyncScheduler;
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
 * Reads the kernel for somebody who asks, by the route that the agent reads it by, and compares it
 * with what pods need. Applies go on meanwhile; only a change that the kernel refuses while sets
 * are listed waits, as it does for the agent's own checks. One question is answered at a time.
 */
public final class KernelReader implements KernelCheck {

  /** What was written while the kernel was read may look like a lack: so often it is read. */
  private static final int TRIES = 3;

  private static final String SAVE = "direct:save";

  private final CamelContext context;
  private final Cluster cluster;
  private final Dataplane dataplane;
  private final ResyncScheduler checks;
  private final Set<Family> families;
  private final Duration limit;

  /**
   * One for each agent.
   *
   * @param families those that are enforced
   * @param limit how long one who asks may wait for all readings together
   */
  public KernelReader(
      CamelContext context,
      Cluster cluster,
      Dataplane dataplane,
      ResyncScheduler checks,
      Set<Family> families,
      Duration limit) {
    this.context = context;
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.checks = checks;
    this.families = Set.copyOf(families);
    this.limit = limit;
  }

  @Override
  public synchronized Result of(Set<ObjectKey> pods) {
    long end = System.nanoTime() + limit.toNanos();
    try (ProducerTemplate routes = context.createProducerTemplate()) {
      for (int tries = 1; ; tries++) {
        long writes = checks.writes();
        KernelSnapshot kernel = snapshot(routes, end);
        Map<ObjectKey, Boolean> holds = new TreeMap<>();
        pods.forEach(pod -> holds.put(pod, holds(pod, kernel)));
        if (tries == TRIES || !holds.containsValue(false) || writes == checks.writes()) {
          return new Result(holds, Optional.empty());
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

  private boolean holds(ObjectKey key, KernelSnapshot kernel) {
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
      if (tool.listingBlocks() && !checks.beginReadingSets(left)) {
        throw late("the agent does not stop writing sets");
      }
      // Not asyncSend: what it was to send says nothing where the template closes first.
      CompletableFuture<Exchange> reading =
          CompletableFuture.supplyAsync(
              () ->
                  routes.send(
                      SAVE,
                      exchange -> exchange.getMessage().setHeader(NetpolHeaders.TOOL, tool.id())),
              KernelReader::start);
      if (tool.listingBlocks()) {
        reading.whenComplete((exchange, failure) -> checks.endReadingSets());
      }
      saved.put(tool, printed(tool, reading, end - System.nanoTime()));
    }
    return dataplane.snapshot(saved);
  }

  private static void start(Runnable reading) {
    Thread thread = new Thread(reading, "kernel-reader");
    thread.setDaemon(true);
    thread.start();
  }

  private String printed(KernelTool tool, CompletableFuture<Exchange> reading, long nanos)
      throws InterruptedException, UnreadException {
    try {
      Exchange exchange = reading.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
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

  /** The kernel could not be read; the message says why. */
  private static final class UnreadException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadException(String message) {
      super(message);
    }
  }
}
