package io.netpol.observe.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.route.NetpolHeaders;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Header;

/**
 * Counts the packets and bytes that the agent's rules denied, audited and allowed, by pod and
 * policy, from the output of {@code iptables-save -c}. Not thread-safe.
 *
 * <p>The kernel's counters restart at zero when a chain is rewritten, so differences are added up.
 */
public final class PacketCounters {

  /** Most time series of each metric; further pods and policies are counted together. */
  static final int MOST_SERIES = 2_000;

  private record Series(ObjectKey pod, String direction, String verdict, String policy) {}

  private record PodChain(ObjectKey pod, Direction direction) {}

  private record Reading(long packets, long bytes) {}

  private record Meters(Counter packets, Counter bytes) {}

  private static final ObjectKey OTHERS = new ObjectKey("", "");

  private final MeterRegistry registry;
  private final Cluster cluster;
  private final Dataplane dataplane;
  private final boolean on;
  private final Map<String, Map<String, Reading>> before = new HashMap<>();
  private final Map<Series, Meters> series = new HashMap<>();

  /**
   * Creates counters for the pods of this cluster's node.
   *
   * @param on whether counters are read
   */
  public PacketCounters(MeterRegistry registry, Cluster cluster, Dataplane dataplane, boolean on) {
    this.registry = registry;
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.on = on;
  }

  /**
   * Returns the ids of the tools whose counters to read; empty if {@code netpol.counters} is off.
   */
  public List<String> tools() {
    return on ? dataplane.countingTools().stream().map(KernelTool::id).toList() : List.of();
  }

  /**
   * Adds what was counted since the last call.
   *
   * @throws UnreadableListing if it is not complete; the counters stay as they are
   */
  public void read(@Header(NetpolHeaders.TOOL) String tool, String saved) {
    Collection<RuleCounter> rules = dataplane.counters(dataplane.tool(tool), saved);
    Map<String, PodChain> pods = new HashMap<>();
    Set<ObjectKey> local = new HashSet<>(cluster.localPods());
    for (ObjectKey pod : local) {
      for (Direction direction : Direction.values()) {
        pods.put(Names.podChain(direction, pod), new PodChain(pod, direction));
      }
    }
    Map<String, Reading> last = before.getOrDefault(tool, Map.of());
    Map<String, Reading> now = new HashMap<>();
    for (RuleCounter rule : rules) {
      PodChain of = pods.get(Names.withoutSuffix(rule.chain()));
      if (of != null) {
        count(rule, of, last, now);
      }
    }
    before.put(tool, now);
    Set<Series> gone = new HashSet<>(series.keySet());
    gone.removeIf(one -> one.pod().equals(OTHERS) || local.contains(one.pod()));
    gone.forEach(
        one -> {
          Meters meters = series.remove(one);
          registry.remove(meters.packets());
          registry.remove(meters.bytes());
        });
  }

  private void count(
      RuleCounter rule, PodChain of, Map<String, Reading> before, Map<String, Reading> now) {
    String verdict;
    String policy;
    RuleLabel label = rule.label().orElse(null);
    if (label instanceof RuleLabel.OfVerdict last) {
      verdict = last.verdict().word();
      policy = last.reason();
    } else if (label instanceof RuleLabel.OfPolicy allowed) {
      verdict = "allowed";
      policy = allowed.policy().toString();
    } else {
      return; // traffic of the pod with itself
    }
    Reading reading = new Reading(rule.packets(), rule.bytes());
    String key = rule.chain() + " " + rule.rule();
    Reading was = before.get(key);
    now.put(key, reading);
    boolean restarted = was == null || was.packets() > reading.packets();
    long packets = reading.packets() - (restarted ? 0 : was.packets());
    long bytes = reading.bytes() - (restarted ? 0 : was.bytes());
    if (packets > 0) {
      Meters meters = meters(new Series(of.pod(), of.direction().lowerCase(), verdict, policy));
      meters.packets().increment(packets);
      meters.bytes().increment(bytes);
    }
  }

  private Meters meters(Series one) {
    boolean fits = series.containsKey(one) || series.size() < MOST_SERIES;
    Series counted = fits ? one : new Series(OTHERS, one.direction(), one.verdict(), "");
    return series.computeIfAbsent(
        counted,
        s ->
            new Meters(
                counter("netpol.packets", "Packets that the agent's rules denied or allowed", s),
                counter(
                    "netpol.bytes",
                    "Bytes of the packets that the agent's rules denied or allowed",
                    s)));
  }

  private Counter counter(String name, String description, Series one) {
    return Counter.builder(name)
        .description(description)
        .tag("namespace", one.pod().namespace())
        .tag("pod", one.pod().name())
        .tag("direction", one.direction())
        .tag("verdict", one.verdict())
        .tag("policy", one.policy())
        .register(registry);
  }
}
