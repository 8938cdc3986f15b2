package io.netpol.cli;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.lab.LabNetwork;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The tools of a lab's node, behind scripts that write down what is started, and on request are
 * slow or let somebody else in right after a write. The lock of xtables is the node's own.
 */
final class NodeTools {

  private static final String SCRIPT =
      """
      #!/bin/bash
      d=%1$s
      echo "${0##*/} $*" >> $d/started
      export XTABLES_LOCKFILE=$d/xtables.lock
      command=(%2$s %3$s "$@")
      if [[ -e $d/slow ]]; then
        sleep $(printf 0.%%03d $((RANDOM %% $(<$d/slow))))
      fi
      if [[ "$0 $*" == */iptables-restore* || "$*" == "-f -" ]] && [[ -e $d/hold ]]; then
        # All of it, for who gives it may be killed while this waits.
        cat > $d/input
        mv $d/hold $d/held
        while [[ -e $d/held ]]; do sleep 0.05; done
        exec "${command[@]}" < $d/input
      fi
      if [[ "$0 $*" == *restore* || "$*" == "-f -" ]] && mv $d/meddle $d/meddling 2>/dev/null; then
        "${command[@]}"
        status=$?
        %2$s bash $d/meddling
        exit $status
      fi
      exec "${command[@]}"
      """;

  private final Path folder;
  private final String inside;
  private final Backend backend;

  /**
   * Makes the tools.
   *
   * @param backend which iptables; null if the agent uses nftables
   */
  NodeTools(Path folder, LabNetwork lab, String node, Backend backend) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.inside = lab.inside(node).trim();
    this.backend = backend;
    script("nft", "nft");
    script("ipset", "ipset");
    script("conntrack", "conntrack");
    script("ip", "ip");
    script("bridge", "bridge");
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      String restore = (backend == null ? Backend.NFT : backend).restoreCommand(tool);
      script(tool.id() + "-restore", restore);
      script(tool.id() + "-save", restore.replace("-restore", "-save"));
    }
  }

  private void script(String name, String command) throws IOException {
    Path script = folder.resolve(name);
    Files.writeString(script, SCRIPT.formatted(folder, inside, command));
    script.toFile().setExecutable(true);
  }

  Map<Setting, String> settings() {
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    if (backend == null) {
      settings.put(Setting.BACKEND, "nftables");
    }
    settings.put(Setting.COMMAND_NFT, folder.resolve("nft").toString());
    settings.put(Setting.COMMAND_IPSET, folder.resolve("ipset").toString());
    settings.put(Setting.COMMAND_CONNTRACK, folder.resolve("conntrack").toString());
    settings.put(Setting.COMMAND_IPTABLES, folder.resolve("iptables-restore").toString());
    settings.put(Setting.COMMAND_IP6TABLES, folder.resolve("ip6tables-restore").toString());
    settings.put(Setting.COMMAND_IP, folder.resolve("ip").toString());
    settings.put(Setting.COMMAND_BRIDGE, folder.resolve("bridge").toString());
    return settings;
  }

  Backend backend() {
    return backend;
  }

  /** The file that whoever changes rules with the legacy back-end must lock. */
  Path lock() {
    return folder.resolve("xtables.lock");
  }

  /** The processes that were started, with their arguments, in order. */
  List<String> started() throws IOException {
    try {
      return Files.readAllLines(folder.resolve("started"));
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** Those of them that write. */
  List<String> writes() throws IOException {
    return started().stream()
        .filter(line -> line.contains("restore") || line.equals("nft -f -"))
        .filter(line -> !line.endsWith("--version"))
        .toList();
  }

  /** Forgets what was started. */
  void clear() throws IOException {
    Files.deleteIfExists(folder.resolve("started"));
  }

  /** From now on each tool waits up to so many milliseconds, at most 1000, before it starts. */
  void slow(int millis) throws IOException {
    if (millis == 0) {
      Files.deleteIfExists(folder.resolve("slow"));
    } else {
      Files.writeString(folder.resolve("slow"), Integer.toString(millis));
    }
  }

  /** From now on a tool runs this shell script instead; null: itself again. */
  void replace(String tool, String script) throws IOException {
    script(tool, script == null ? tool : "bash -c '" + script + "' " + tool);
  }

  /**
   * The next iptables-restore or nft that writes waits, as for a lock, until it is {@link #release
   * released}.
   */
  void hold() throws IOException {
    Files.createFile(folder.resolve("hold"));
  }

  boolean isHeld() {
    return Files.exists(folder.resolve("held"));
  }

  void release() throws IOException {
    Files.delete(folder.resolve("held"));
  }

  /** Right after the next write this shell script runs on the node, before the tool is seen end. */
  void meddleAfterNextWrite(String script) throws IOException {
    Path next = folder.resolve("meddle.next");
    Files.writeString(next, script);
    Files.move(next, folder.resolve("meddle"));
  }

  /** Whether the script of {@link #meddleAfterNextWrite} has run, or is running. */
  boolean hasMeddled() {
    return !Files.exists(folder.resolve("meddle"));
  }
}
