package io.netpol.dataplane.iptables;

import io.netpol.dataplane.iptables.ObservedState.Jumps;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Stops repairs that do not hold because the kernel's tool prints a rule otherwise than it was
 * written: each check would find a difference, write the same again and reset its counters, without
 * end. Such a fault is ours. A chain that others change again and again is not meant: it is
 * repaired as often as that takes.
 *
 * <p>The two look alike until the chain is read right after it was written, so after {@link #MOST}
 * equal repairs in a row it is {@link #suspects read once more}; if it differs in the same way,
 * what is printed counts as what was written from then on.
 *
 * <p>Guarded by the lock of its {@link Dataplane}.
 */
final class RepairBreaker {

  /** So many equal repairs in a row are a fault of ours. */
  static final int MOST = 3;

  /**
   * How a chain, or a jump to ours, is printed.
   *
   * @param written the rules that were delivered
   * @param printed the same number of rules, of which at least one is another text
   */
  record Difference(List<String> written, List<String> printed) {

    /** Both texts of the first rule that differs. */
    @Override
    public String toString() {
      int at = 0;
      while (at < written.size() - 1 && written.get(at).equals(printed.get(at))) {
        at++;
      }
      return "we write \""
          + written.get(at)
          + "\", the kernel's tool prints \""
          + printed.get(at)
          + "\"";
    }
  }

  private Map<String, Difference> last = Map.of();
  private Map<String, Integer> repairs = Map.of();
  private final Map<String, Difference> stopped = new TreeMap<>();

  /** Makes what was read of chains and jumps that are no longer repaired what was written there. */
  void countAsWritten(Map<String, List<String>> chains, Map<String, Jumps> jumps) {
    stopped
        .entrySet()
        .removeIf(
            stop -> {
              List<String> written = stop.getValue().written;
              List<String> printed = stop.getValue().printed;
              Jumps jump = jumps.getOrDefault(stop.getKey(), Jumps.NONE);
              if (printed.equals(chains.get(stop.getKey()))) {
                chains.put(stop.getKey(), written);
              } else if (printed.equals(jump.rules())) {
                jumps.put(stop.getKey(), new Jumps(jump.first(), written));
              }
              // Else it is written anew, or somebody else changed it.
              return !written.equals(chains.get(stop.getKey()))
                  && !written.equals(jumps.getOrDefault(stop.getKey(), Jumps.NONE).rules());
            });
  }

  /**
   * Takes in how chains differ from what was written, by name; all others are as they were.
   *
   * @param afterWrite whether they were read right after they had been written
   */
  void read(Map<String, Difference> differences, boolean afterWrite) {
    Map<String, Integer> counts = new HashMap<>();
    differences.forEach(
        (name, difference) -> {
          boolean same = difference.equals(last.get(name));
          int before = same ? repairs.getOrDefault(name, 0) : 0;
          if (afterWrite && before >= MOST) {
            stopped.put(name, difference);
          } else {
            counts.put(name, before + 1);
          }
        });
    last = Map.copyOf(differences);
    repairs = counts;
  }

  /** Returns the names of those that must be read right after they are written. */
  Set<String> suspects() {
    Set<String> suspects = new HashSet<>();
    repairs.forEach(
        (name, count) -> {
          if (count >= MOST) {
            suspects.add(name);
          }
        });
    return suspects;
  }

  /** Returns what is no longer repaired, by chain or hook. */
  Map<String, Difference> stopped() {
    return new TreeMap<>(stopped);
  }
}
