package io.netpol.iptables;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a saved filter table is ours, whichever version wrote it: chains by name, and every rule
 * of another chain that jumps to one.
 *
 * @param chains our chains
 * @param rules how many rules these hold
 * @param jumps the rules of others' chains that lead to ours, as {@code CHAIN rule}
 */
record OwnRules(Set<String> chains, int rules, List<String> jumps) {

  /** Finds them in what {@code iptables-save} printed, of any tables. */
  static OwnRules of(String saved) {
    Set<String> chains = new LinkedHashSet<>();
    List<String> jumps = new ArrayList<>();
    int rules = 0;
    boolean filter = false;
    for (String line : saved.split("\n")) {
      if (line.startsWith("*")) {
        filter = line.equals("*filter");
      } else if (filter && line.startsWith(":") && Names.isOurs(line.substring(1))) {
        chains.add(line.substring(1).split(" ", 2)[0]);
      } else if (filter && line.startsWith("-A ")) {
        String rule = line.substring(3);
        if (Names.isOurs(rule)) {
          rules++;
        } else if (leadsToOurs(rule)) {
          jumps.add(rule);
        }
      }
    }
    return new OwnRules(chains, rules, jumps);
  }

  boolean isEmpty() {
    return chains.isEmpty() && jumps.isEmpty();
  }

  private static boolean leadsToOurs(String rule) {
    List<String> words = words(rule);
    for (int i = 0; i + 1 < words.size(); i++) {
      if ((words.get(i).equals("-j") || words.get(i).equals("-g"))
          && Names.isOurs(words.get(i + 1))) {
        return true;
      }
    }
    return false;
  }

  /** The words of a rule; one in quotes, such as a comment, keeps its first quote. */
  private static List<String> words(String rule) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < rule.length(); i++) {
      char c = rule.charAt(i);
      if (c == ' ' && !quoted) {
        words.add(word.toString());
        word.setLength(0);
      } else if (c == '\\' && i + 1 < rule.length()) {
        word.append(c).append(rule.charAt(i + 1));
        i++;
      } else {
        quoted = c == '"' ? !quoted : quoted;
        word.append(c);
      }
    }
    words.add(word.toString());
    return words;
  }

  /** One transaction for {@code iptables-restore --noflush}: jumps, then rules, then chains. */
  String removal() {
    StringBuilder payload = new StringBuilder("*filter\n");
    jumps.forEach(jump -> payload.append("-D ").append(jump).append('\n'));
    chains.forEach(chain -> payload.append("-F ").append(chain).append('\n'));
    chains.forEach(chain -> payload.append("-X ").append(chain).append('\n'));
    return payload.append("COMMIT\n").toString();
  }

  @Override
  public String toString() {
    return "%d jumps, %d chains with %d rules".formatted(jumps.size(), chains.size(), rules);
  }
}
