package io.netpol.dataplane.iptables;

import io.netpol.dataplane.CleanupOutcome;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ToolRun;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.render.Names;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Removes everything that the agent programmed, whichever version and iptables back-end wrote it,
 * and nothing else: first jumps and chains, table by table, then sets.
 */
final class Cleanup {

  /**
   * The number of attempts to destroy a set, which the kernel releases a moment after its last
   * rule.
   */
  private static final int TRIES = 10;

  private static final long PAUSE_MILLIS = 200;

  /** The back-end in the output of {@code iptables --version}. */
  private static final Pattern BACKEND = Pattern.compile("\\((nf_tables|legacy)\\)");

  private final List<List<String>> restores;
  private final List<String> ipset;
  private final Duration limit;
  private final int lockWaitSeconds;
  private final Consumer<String> out;
  private final Consumer<String> err;

  /**
   * The tables that were checked: the host's default command reads the table of one back-end again.
   */
  private final Set<String> tables = new HashSet<>();

  private boolean failed;
  private boolean anyThere;
  private boolean found;

  /**
   * Makes a cleanup with these tools.
   *
   * @param restores the commands of {@code iptables-restore} of each back-end and family, as words;
   *     those that are not installed are skipped
   * @param ipset the command of ipset, as words
   * @param limit the time limit of a command
   * @param lockWaitSeconds how long iptables waits for the xtables lock, in seconds
   * @param out receives what is removed
   * @param err receives what fails
   */
  Cleanup(
      List<List<String>> restores,
      List<String> ipset,
      Duration limit,
      int lockWaitSeconds,
      Consumer<String> out,
      Consumer<String> err) {
    this.restores = List.copyOf(restores);
    this.ipset = List.copyOf(ipset);
    this.limit = limit;
    this.lockWaitSeconds = lockWaitSeconds;
    this.out = out;
    this.err = err;
  }

  /**
   * Returns the commands of both back-ends and the host's default for one family, as words.
   *
   * @param set the configured command, or {@code auto}
   */
  static Set<List<String>> restores(KernelTool tool, String set) {
    String command = set.equals("auto") ? tool.id() + "-restore" : set;
    int end = command.length() - "-restore".length();
    String stem = command.substring(0, end).replaceAll("-(nft|legacy)$", "");
    Set<List<String>> all = new LinkedHashSet<>();
    for (Backend backend : Backend.values()) {
      all.add(words(stem + "-" + backend.name().toLowerCase(Locale.ROOT) + "-restore"));
    }
    // A host with one back-end may have only this name; with two it is one of them.
    all.add(words(command));
    return all;
  }

  /** Splits a command into words. */
  static List<String> words(String command) {
    return List.of(command.trim().split(" +"));
  }

  /**
   * Removes everything that is found.
   *
   * @param dry reports what would be removed, and leaves it
   */
  CleanupOutcome run(boolean dry) throws IOException {
    for (List<String> restore : restores) {
      table(restore, dry);
    }
    sets(dry);
    if (!anyThere) {
      return CleanupOutcome.UNAVAILABLE;
    } else if (failed) {
      return CleanupOutcome.FAILED;
    }
    return found ? CleanupOutcome.REMOVED : CleanupOutcome.NOTHING_FOUND;
  }

  private void table(List<String> restore, boolean dry) throws IOException {
    String name = restore.get(restore.size() - 1);
    List<String> save = new ArrayList<>(restore.subList(0, restore.size() - 1));
    save.add(name.substring(0, name.length() - "restore".length()) + "save");
    String label = name.substring(name.lastIndexOf('/') + 1).replace("-restore", "");
    if (!tables.add(table(save))) {
      return;
    }
    ToolRun saved = ToolRun.run(save, "", limit);
    if (!saved.isThere()) {
      return;
    }
    anyThere = true;
    if (!saved.ok()) {
      fail(label + " cannot be read: " + saved.complaint());
      return;
    }
    OwnedRules ours;
    try {
      KernelTool tool =
          label.startsWith(IptablesTools.IP6TABLES.id())
              ? IptablesTools.IP6TABLES
              : IptablesTools.IPTABLES;
      // A listing of existing tables: to ask for the table would create it.
      ours =
          SavedTable.filterIfThere(tool, saved.stdout())
              .map(OwnedRules::of)
              .orElse(OwnedRules.NONE);
    } catch (UnreadableListing unreadable) {
      fail(label + ": " + unreadable.getMessage() + "; the rules of the agent in it stay");
      return;
    }
    if (ours.isEmpty()) {
      return;
    }
    found = true;
    if (!dry) {
      List<String> command = new ArrayList<>(restore);
      command.addAll(List.of("--noflush", "--wait", Integer.toString(lockWaitSeconds)));
      ToolRun removed = ToolRun.run(command, ours.removal(), limit);
      if (!removed.ok()) {
        fail(label + " removes nothing: " + removed.complaint());
        return;
      }
    }
    ours.jumps().forEach(jump -> say(dry, label + ": jump " + jump));
    ours.chains().forEach(chain -> say(dry, label + ": chain " + chain));
    say(dry, label + ": " + ours);
  }

  /** Returns the identity of the table that a command reads: the command and its back-end. */
  private String table(List<String> save) throws IOException {
    List<String> asked = new ArrayList<>(save);
    asked.add("--version");
    Matcher backend = BACKEND.matcher(ToolRun.run(asked, "", limit).stdout());
    String command = String.join(" ", save);
    return backend.find()
        ? command.replaceAll("(-nft|-legacy)?-save$", "") + " " + backend.group()
        : command;
  }

  private void sets(boolean dry) throws IOException {
    Set<String> sets = ownSets();
    if (sets.isEmpty()) {
      return;
    }
    found = true;
    Set<String> left = dry ? Set.of() : destroyed(sets);
    sets.stream().filter(set -> !left.contains(set)).forEach(set -> say(dry, "ipset: set " + set));
    say(dry, "ipset: " + (sets.size() - left.size()) + " sets");
  }

  private Set<String> ownSets() throws IOException {
    ToolRun listed = ipset(List.of("list", "-name"), "");
    if (!listed.isThere()) {
      return Set.of();
    }
    anyThere = true;
    if (!listed.ok()) {
      fail("ipset cannot be read: " + listed.complaint());
      return Set.of();
    }
    Set<String> ours = new LinkedHashSet<>();
    listed.stdout().lines().filter(Names::isOurs).forEach(ours::add);
    return ours;
  }

  /** Destroys sets, retries those in use, and returns those that remain. */
  private Set<String> destroyed(Set<String> sets) throws IOException {
    Set<String> left = new LinkedHashSet<>(sets);
    String complaint = "";
    for (int tries = 0; tries < TRIES && !left.isEmpty(); tries++) {
      if (tries > 0) {
        pause();
      }
      StringBuilder all = new StringBuilder();
      left.forEach(set -> all.append("destroy ").append(set).append('\n'));
      ToolRun together = ipset(List.of("restore"), all.toString());
      if (!together.ok()) {
        // ipset stops at the first set in use.
        complaint = together.complaint();
        left.retainAll(ownSets());
        for (String set : List.copyOf(left)) {
          ToolRun one = ipset(List.of("destroy", set), "");
          complaint = one.ok() ? complaint : one.complaint();
        }
      }
      left.retainAll(ownSets());
    }
    for (String set : left) {
      fail("set " + set + " cannot be destroyed, does a rule of yours use it? " + complaint);
    }
    return left;
  }

  private ToolRun ipset(List<String> arguments, String stdin) throws IOException {
    List<String> command = new ArrayList<>(ipset);
    command.addAll(arguments);
    return ToolRun.run(command, stdin, limit);
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void say(boolean dry, String what) {
    out.accept((dry ? "would remove " : "removed ") + what);
  }

  private void fail(String what) {
    failed = true;
    err.accept(what);
  }
}
