package io.netpol.dataplane.iptables;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.SavedLines;
import io.netpol.dataplane.UnreadableListing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Represents the filter table as {@code iptables-save} prints it, with the chains and rules of all
 * programs. An instance exists only for a complete listing that could be parsed.
 *
 * @param chains the names of its chains, in the order in which they were printed
 * @param rules its rules, in the order in which they were printed
 */
record SavedTable(List<String> chains, List<SavedRule> rules) {

  private static final String FILTER = "filter";

  /**
   * The output of the nft back-end in place of a table with content that only nft can print
   * (iptables, xtables-save.c). Foreign base chains that it skips do not matter: it prints the
   * rest.
   */
  private static final Pattern INCOMPATIBLE =
      Pattern.compile("# Table `(\\S+)' is incompatible, use 'nft' tool\\..*");

  /**
   * Parses a listing of the table ({@code -t filter}): the tools print it even if the kernel has
   * none.
   *
   * @throws UnreadableListing if the table is missing or incomplete, or cannot be parsed
   */
  static SavedTable filter(KernelTool tool, String saved) {
    return filterIfThere(tool, saved)
        .orElseThrow(() -> unreadable(tool, "it is not in what the tool printed", ""));
  }

  /**
   * Parses the table from a listing of all tables in the kernel.
   *
   * @return empty if the kernel has none
   * @throws UnreadableListing if the listing is incomplete or cannot be parsed
   */
  static Optional<SavedTable> filterIfThere(KernelTool tool, String saved) {
    SavedTable found = null;
    SavedTable current = null;
    for (String line : SavedLines.of(subject(tool), saved, SavedRule.BEFORE_CHAINS)) {
      if (line.startsWith("#") || line.isEmpty()) {
        refuseIncompatible(tool, line);
      } else if (current == null && line.startsWith("*")) {
        current = new SavedTable(new ArrayList<>(), new ArrayList<>());
        found = line.equals("*" + FILTER) ? current : found;
      } else if (current != null && line.equals("COMMIT")) {
        current = null;
      } else if (current != null && line.startsWith(":") && line.indexOf(' ') > 1) {
        current.chains.add(line.substring(1, line.indexOf(' ')));
      } else {
        Optional<SavedRule> rule = current == null ? Optional.empty() : SavedRule.read(line);
        if (rule.isEmpty()) {
          throw unreadable(tool, "nothing is known of the line " + SavedLines.shown(line), "");
        }
        current.rules.add(rule.get());
      }
    }
    if (current != null) {
      throw unreadable(tool, "it has no end (COMMIT)", "");
    }
    return Optional.ofNullable(found);
  }

  private static void refuseIncompatible(KernelTool tool, String line) {
    Matcher incompatible = INCOMPATIBLE.matcher(line);
    if (incompatible.matches() && incompatible.group(1).equals(FILTER)) {
      String table = (tool.equals(IptablesTools.IP6TABLES) ? "ip6 " : "ip ") + FILTER;
      throw unreadable(
          tool,
          "the tool prints " + SavedLines.shown(line),
          "find the rule that only nft can print with `nft -a list table "
              + table
              + "`, delete it, and add it with "
              + tool.id()
              + " or in a table of its own");
    }
  }

  private static UnreadableListing unreadable(KernelTool tool, String reason, String remedy) {
    return new UnreadableListing(subject(tool), reason, remedy);
  }

  private static String subject(KernelTool tool) {
    return "table " + FILTER + " of " + tool.id();
  }
}
