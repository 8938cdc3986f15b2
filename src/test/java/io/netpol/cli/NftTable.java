package io.netpol.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads the agent's table in what {@code nft -s list ruleset} prints, without the agent's code. */
final class NftTable {

  private static final String START = "table inet netpol {";

  private NftTable() {}

  /**
   * Returns the lines of each block by its kind and name, such as {@code chain NWPLCY-TO-4}, and
   * those outside of all blocks by {@code table}. Elements are lines of their own, in order.
   */
  static Map<String, List<String>> blocks(String ruleset) {
    Map<String, List<String>> blocks = new TreeMap<>();
    String block = null;
    StringBuilder elements = null;
    for (String line : lines(ruleset, true)) {
      String words = line.strip();
      if (line.equals(START) || line.equals("}")) {
        block = "table";
      } else if (line.startsWith("\t\t")) {
        if (words.startsWith("elements = {")) {
          elements = new StringBuilder();
          words = words.substring("elements = {".length());
        }
        if (elements == null) {
          blocks.get(block).add(words);
        } else {
          elements.append(words).append(' ');
        }
      } else if (words.endsWith("{")) {
        block = words.substring(0, words.length() - 2);
        blocks.put(block, new ArrayList<>());
      } else if (words.equals("}")) {
        if (elements != null) {
          List<String> all = blocks.get(block);
          for (String element : elements.toString().replaceAll("\\}\\s*$", "").split(",")) {
            all.add(element.strip());
          }
          Collections.sort(all);
          elements = null;
        }
        block = "table";
      } else if (!words.isEmpty()) {
        blocks.computeIfAbsent("table", t -> new ArrayList<>()).add(words);
      }
    }
    return blocks;
  }

  /** Returns the lines of all other tables. */
  static List<String> others(String ruleset) {
    return lines(ruleset, false);
  }

  private static List<String> lines(String ruleset, boolean ours) {
    List<String> lines = new ArrayList<>();
    boolean within = false;
    for (String line : ruleset.lines().toList()) {
      within |= line.equals(START);
      if (within == ours) {
        lines.add(line);
      }
      within &= !line.equals("}");
    }
    return lines;
  }
}
