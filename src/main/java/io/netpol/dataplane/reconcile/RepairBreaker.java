package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.reconcile.ObservedState.Jumps;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Stops repairs that never succeed because the tool prints a rule otherwise than it was written:
 * each resync would find a difference, write the same rules again and reset their counters, without
 * end. Such a difference is a bug of the agent. A chain that others change repeatedly is still
 * repaired each time.
 *
 * <p>Both look alike until the chain is read right after it was written, so after {@link #MOST}
 * equal repairs in a row it is {@link #suspects read once more}; if it differs in the same way, the
 * printed form counts as written from then on.
 *
 * <p>Guarded by the lock of its {@link Dataplane}.
 */
public final class RepairBreaker {

  /** The number of equal repairs in a row after which a bug of the agent is suspected. */
  public static final int MOST = 3;

  /**
   * Describes how a chain or jump is written and printed.
   *
   * @param written the rules that were written
   * @param printed as many rules, at least one of which differs
   */
  record Difference(List<String> written, List<String> printed) {

    /** Returns both texts of the first rule that differs. */
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

  /** Replaces the printed form of chains and jumps whose repair was stopped by the written form. */
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
              // Otherwise it was rewritten, or others changed it.
              return !written.equals(chains.get(stop.getKey()))
                  && !written.equals(jumps.getOrDefault(stop.getKey(), Jumps.NONE).rules());
            });
  }

  /**
   * Records the differences of a listing, by chain; all other chains are as written.
   *
   * @param afterWrite whether they were read right after they were written
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

  /** Returns the chains that must be read right after they are written. */
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

  /** Returns the stopped repairs, by chain or hook. */
  Map<String, Difference> stopped() {
    return new TreeMap<>(stopped);
  }
}
