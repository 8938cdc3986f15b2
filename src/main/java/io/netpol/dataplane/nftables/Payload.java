package io.netpol.dataplane.nftables;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Collects commands for {@code nft -f -}, one a line. */
final class Payload {

  /** The number of elements in a line: short enough to find one that the kernel refuses. */
  private static final int ELEMENTS_PER_LINE = 500;

  private final StringBuilder text;

  Payload() {
    this(new StringBuilder());
  }

  /** Makes a payload that continues a text. */
  Payload(StringBuilder text) {
    this.text = text;
  }

  /** Adds a command on a chain, set or map of the agent's table. */
  Payload add(String command, String name) {
    text.append(command).append(' ').append(NftTools.TABLE).append(' ').append(name).append('\n');
    return this;
  }

  /** Adds a command with arguments; empty text is none. */
  Payload add(String command, String name, String arguments) {
    add(command, name);
    if (!arguments.isEmpty()) {
      text.setCharAt(text.length() - 1, ' ');
      text.append(arguments).append('\n');
    }
    return this;
  }

  /** Adds commands that add or delete elements; none if there are no elements. */
  void elements(String verb, String name, Collection<String> elements) {
    List<String> all = new ArrayList<>(elements);
    for (int from = 0; from < all.size(); from += ELEMENTS_PER_LINE) {
      List<String> some = all.subList(from, Math.min(all.size(), from + ELEMENTS_PER_LINE));
      add(verb + " element", name, "{ " + String.join(", ", some) + " }");
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
