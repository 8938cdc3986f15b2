package io.netpol.cli;

import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.Names;
import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.route.apply.ApplyService;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A lab with one node that an agent guards and one without an agent, the API server with their
 * objects, and views of the guarded node's kernel: what is ours and what is others'.
 */
final class GuardedNode implements AutoCloseable {

  static final String NODE = "n1";

  /** Which iptables, or nftables if null, and how peers are written. */
  record Mode(Backend backend, String peers) {

    /** nftables, with sets. */
    static final Mode NFTABLES = new Mode(null, "ipset");

    static Stream<Mode> all() {
      return Stream.of(Backend.NFT, Backend.LEGACY, null)
          .flatMap(backend -> Stream.of("ipset", "rules").map(peers -> new Mode(backend, peers)));
    }

    /** One of each kind. */
    static Stream<Mode> some() {
      return Stream.concat(iptables(), Stream.of(NFTABLES));
    }

    /** One of each kind with iptables. */
    static Stream<Mode> iptables() {
      return Stream.of(new Mode(Backend.NFT, "ipset"), new Mode(Backend.LEGACY, "rules"));
    }

    boolean isNftables() {
      return backend == null;
    }

    @Override
    public String toString() {
      return ((isNftables() ? "nftables" : backend) + " " + peers)
          .toLowerCase(java.util.Locale.ROOT);
    }
  }

  private final Mode mode;
  private final Path folder;
  private final LabNetwork lab;
  private final ApiFixture api;
  private final NodeTools tools;
  private Agent agent;

  GuardedNode(Mode mode, Path folder) throws IOException {
    this.mode = mode;
    this.folder = folder;
    lab =
        LabNetwork.start(
            LabPlan.of(LabPlan.Wiring.ROUTED)
                .node(NODE)
                .node("n2")
                .pod("shop/db", NODE)
                .pod("shop/web", NODE)
                .pod("shop/cart", NODE)
                .pod("shop/api", "n2")
                .pod("play/toy", "n2")
                .outside("world"));
    api = new ApiFixture();
    tools = new NodeTools(folder.resolve("tools"), lab, NODE, mode.backend());
    api.create(lab, "shop", "play");
  }

  LabNetwork lab() {
    return lab;
  }

  ApiFixture api() {
    return api;
  }

  NodeTools tools() {
    return tools;
  }

  /** What an agent of this node is told. */
  Map<Setting, String> settings() throws IOException {
    Map<Setting, String> settings =
        AgentSettings.of(api.name(NODE), folder.resolve("letters"), tools.settings());
    settings.put(Setting.PEERS, mode.peers());
    return settings;
  }

  /** Starts an agent in this process, and returns when it has applied once. */
  Agent startAgent(Map<Setting, String> more) throws Exception {
    Map<Setting, String> settings = settings();
    settings.putAll(more);
    agent = new Agent(Settings.of(settings), ApiServer.watched(api.config()));
    agent.start();
    until("the first apply", () -> lastApply().isPresent());
    return agent;
  }

  void stopAgent() {
    if (agent != null) {
      agent.stop();
      agent = null;
    }
  }

  private Optional<Instant> lastApply() {
    return apply().lastSuccess();
  }

  private ApplyService apply() {
    return agent.context().getRegistry().lookupByNameAndType("apply", ApplyService.class);
  }

  /**
   * Waits for the end of a resync that began after this was called: all that is wanted, and a check
   * by each tool. Nothing may happen in the cluster meanwhile.
   */
  void awaitResync() throws Exception {
    for (int i = 0; i < 2 + IptablesTools.ALL.size(); i++) {
      // One may be under way, and have read the kernel before.
      Optional<Instant> before = lastApply();
      until("the next apply", () -> !lastApply().equals(before));
    }
  }

  /** How many changes of somebody else to ours the agent has found, by what was changed. */
  Map<Drift.What, Long> drift() {
    return counts(apply().resyncScheduler()::drift);
  }

  /** How many of these were repaired. */
  Map<Drift.What, Long> repaired() {
    return counts(apply().resyncScheduler()::repaired);
  }

  private static Map<Drift.What, Long> counts(Function<Drift.What, Long> count) {
    return Stream.of(Drift.What.values()).collect(Collectors.toMap(what -> what, count));
  }

  long drift(Drift.What what) {
    return drift().get(what);
  }

  /** Waits until the last apply was a good one. */
  void awaitGood() throws Exception {
    until("a good apply", () -> apply().isLastGood() && apply().refused().isEmpty());
  }

  /** Waits for something that must come; the limit is for what never does. */
  void until(String what, Callable<Boolean> condition) throws Exception {
    Eventually.holds(() -> what + "; the kernel has\n" + kernel(), condition);
  }

  private String kernel() {
    try {
      return String.join("\n", lines(ours()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static List<String> lines(Map<String, List<String>> map) {
    return map.entrySet().stream().map(Object::toString).toList();
  }

  /** Runs a command line on the guarded node; it must succeed. */
  String run(String command) throws IOException {
    return run("", command.split(" "));
  }

  /** Runs a command on the guarded node; it must succeed. */
  String run(String stdin, String... command) throws IOException {
    List<String> whole = new ArrayList<>(List.of("env", "XTABLES_LOCKFILE=" + tools.lock()));
    whole.addAll(List.of(command));
    return lab.run(NODE, stdin, whole.toArray(String[]::new));
  }

  /**
   * The program of the back-end for one change: {@code iptables-nft}, for instance. With nftables
   * only others use it.
   */
  String iptables(KernelTool tool) {
    Backend backend = mode.isNftables() ? Backend.NFT : mode.backend();
    return backend.restoreCommand(tool).replace("-restore", "");
  }

  /**
   * Everything of ours in the kernel: chains with their rules, the first rule and our jumps of each
   * other chain of the filter table, sets with their entries; with nftables, the blocks of its
   * table.
   */
  Map<String, List<String>> ours() throws IOException {
    if (mode.isNftables()) {
      return NftTable.blocks(run("nft -s list ruleset"));
    }
    Map<String, List<String>> ours = new TreeMap<>();
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      String previous = "";
      for (String line : run(iptables(tool) + "-save -t filter").split("\n")) {
        String[] words = line.split(" ", 3);
        if (line.startsWith(":" + Names.PREFIX)) {
          ours.put(tool.id() + " " + words[0].substring(1), new ArrayList<>());
        } else if (line.startsWith("-A ")) {
          boolean first = !words[1].equals(previous);
          previous = words[1];
          String chain = tool.id() + " " + words[1];
          if (Names.isOurs(words[1])) {
            ours.get(chain).add(words[2]);
          } else if (words[2].contains(Names.PREFIX)) {
            ours.computeIfAbsent(chain, c -> new ArrayList<>())
                .add((first ? "first: " : "later: ") + words[2]);
          }
        }
      }
    }
    for (String line : run("ipset save").split("\n")) {
      String[] words = line.split(" ", 3);
      if (words.length == 3 && Names.isOurs(words[1])) {
        // Sizes and the seed of the hash don't matter as long as everything fits.
        String entry =
            words[2].replaceAll(" (hashsize|bucketsize|maxelem) \\d+| initval \\w+", "").strip();
        ours.computeIfAbsent("set " + words[1], s -> new ArrayList<>()).add(words[0] + " " + entry);
      }
    }
    ours.forEach(
        (name, lines) -> {
          if (name.startsWith("set ")) {
            Collections.sort(lines);
          }
        });
    return ours;
  }

  /** Everything else in all tables and sets, without counters and times. */
  List<String> foreign() throws IOException {
    List<String> foreign = new ArrayList<>();
    for (String save :
        List.of(
            iptables(IptablesTools.IPTABLES) + "-save",
            iptables(IptablesTools.IP6TABLES) + "-save",
            "ipset save")) {
      run(save)
          .lines()
          .filter(line -> !line.startsWith("#") && !line.contains(Names.PREFIX))
          .map(line -> line.replaceAll("\\[\\d+:\\d+\\]", "[0:0]"))
          .forEach(foreign::add);
    }
    if (mode.isNftables()) {
      foreign.addAll(NftTable.others(run("nft -s list ruleset")));
    }
    return foreign;
  }

  @Override
  public void close() {
    stopAgent();
    api.close();
    lab.close();
  }
}
