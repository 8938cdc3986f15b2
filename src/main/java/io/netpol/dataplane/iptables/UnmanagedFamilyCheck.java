package io.netpol.dataplane.iptables;

import io.netpol.dataplane.ToolRun;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.net.Family;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Detects rules of the agent in a family that is no longer enforced. They still filter, and nobody
 * maintains them. They are not removed, because without them the family would be open.
 */
public final class UnmanagedFamilyCheck {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private UnmanagedFamilyCheck() {}

  /**
   * Returns a warning about the family.
   *
   * @param save the command that prints the family's rules, words are separated by blanks
   * @return null if the family has no rules of the agent, or the command cannot run
   */
  public static String warning(Family family, String save) {
    List<String> words = Arrays.asList(save.trim().split(" +"));
    try {
      ToolRun run = ToolRun.run(words, "", LIMIT);
      if (!run.ok()
          || OwnedRules.of(SavedTable.filter(IptablesTools.of(family), run.stdout())).isEmpty()) {
        return null;
      }
    } catch (UnreadableListing e) {
      return "netpol.families leaves out "
          + family.name().toLowerCase(Locale.ROOT)
          + ", and its rules cannot be read, which an earlier run may have left: "
          + e.getMessage();
    } catch (IOException e) {
      return null; // a host without the family has no tool for it
    }
    return String.format(
            Locale.ROOT,
            "netpol.families leaves out %s, but the kernel still has rules for it, which an",
            family.name().toLowerCase(Locale.ROOT))
        + " earlier run left and which still filter: stop the agent, run `netpol cleanup`, and start it again";
  }
}
