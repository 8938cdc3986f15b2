package io.netpol.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netpol.iptables.Names;
import io.netpol.iptables.SavedLines;
import io.netpol.iptables.Tool;
import io.netpol.iptables.UnreadableListing;
import io.netpol.policy.Cluster;
import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.ObjectKey;
import io.netpol.route.NetpolHeaders;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Header;

/**
 * Metrics of the packets and bytes that our rules denied, audited and allowed, by pod and policy,
 * from what {@code iptables-save -c} prints. For one thread.
 *
 * <p>The kernel counts from zero again where a chain is written anew, so differences are added up.
 */
public final class PacketCounters {

  /** More pods and policies than these are counted together, so that no metrics system drowns. */
  static final int MOST_SERIES = 2_000;

  private static final Pattern RULE =
      Pattern.compile("\\[(\\d+):(\\d+)] -A (" + Names.PREFIX + "(IN|OUT)-\\S+) (.*)");

  private static final Pattern COMMENT =
      Pattern.compile("--comment (?:\"([^\"]*)\"|(\\S+)) -j (\\S+)");
  private static final Pattern ALLOWED =
      Pattern.compile("(\\S+/\\S+) (?:ingress|egress) \\d+(?::.*)?");
  private static final Pattern LAST =
      Pattern.compile("\\S+/\\S+ (?:ingress|egress) (denied|audited): (.*)");

  /** Where rules end; an audited packet returns. */
  private static final Set<String> VERDICTS = Set.of("RETURN", "DROP", "REJECT");

  private record Series(ObjectKey pod, String direction, String verdict, String policy) {}

  private record Reading(long packets, long bytes) {}

  private record Meters(Counter packets, Counter bytes) {}

  private static final ObjectKey OTHERS = new ObjectKey("", "");

  private final MeterRegistry registry;
  private final Cluster cluster;
  private final Set<Family> families;
  private final Map<String, Map<String, Reading>> before = new HashMap<>();
  private final Map<Series, Meters> series = new HashMap<>();

  /**
   * Of the pods of this cluster's node.
   *
   * @param families those whose counters are read; none where nobody asked for it
   */
  public PacketCounters(MeterRegistry registry, Cluster cluster, Set<Family> families) {
    this.registry = registry;
    this.cluster = cluster;
    this.families = families;
  }

  /** The tools to read. */
  public List<String> tools() {
    return families.stream().map(Tool::of).map(Tool::command).toList();
  }

  /**
   * Takes in what a tool printed.
   *
   * @throws UnreadableListing if it is not complete; the counters stay as they are
   */
  public void read(@Header(NetpolHeaders.TOOL) String tool, String saved) {
    List<String> lines = SavedLines.of("the counters of " + tool, saved);
    if (!lines.contains("COMMIT")) {
      throw new UnreadableListing("the counters of " + tool, "it has no end (COMMIT)", "");
    }
    Map<String, ObjectKey> podOfChain = new HashMap<>();
    Set<ObjectKey> local = new HashSet<>(cluster.localPods());
    for (ObjectKey pod : local) {
      for (Direction direction : Direction.values()) {
        podOfChain.put(Names.podChain(direction, pod), pod);
      }
    }
    Map<String, Reading> last = before.getOrDefault(tool, Map.of());
    Map<String, Reading> now = new HashMap<>();
    lines.forEach(
        line -> {
          Matcher rule = RULE.matcher(line);
          if (rule.matches() && podOfChain.containsKey(rule.group(3))) {
            count(rule, podOfChain.get(rule.group(3)), last, now);
          }
        });
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
      Matcher rule, ObjectKey pod, Map<String, Reading> before, Map<String, Reading> now) {
    Matcher comment = COMMENT.matcher(rule.group(5));
    if (!comment.find()) {
      return;
    }
    String text = comment.group(1) == null ? comment.group(2) : comment.group(1);
    if (!VERDICTS.contains(comment.group(3))) {
      return; // rules that log
    }
    Matcher last = LAST.matcher(text);
    Matcher allowed = ALLOWED.matcher(text);
    boolean isLast = last.matches();
    if (!isLast && !allowed.matches()) {
      return; // the pod itself
    }
    String verdict = isLast ? last.group(1) : "allowed";
    String policy = isLast ? last.group(2) : allowed.group(1);
    Reading reading = new Reading(number(rule.group(1)), number(rule.group(2)));
    String key = rule.group(3) + " " + rule.group(5);
    Reading was = before.get(key);
    now.put(key, reading);
    boolean anew = was == null || was.packets() > reading.packets();
    long packets = reading.packets() - (anew ? 0 : was.packets());
    long bytes = reading.bytes() - (anew ? 0 : was.bytes());
    if (packets > 0) {
      String direction = rule.group(4).equals("IN") ? "ingress" : "egress";
      Meters meters = meters(new Series(pod, direction, verdict, policy));
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
                counter("netpol.packets", "Packets that our rules denied or allowed", s),
                counter("netpol.bytes", "Bytes of the packets that they denied or allowed", s)));
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

  /** The kernel counts in 64 bits without sign; so much has passed nowhere yet. */
  private static long number(String digits) {
    return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
  }
}
