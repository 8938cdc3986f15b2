package io.netpol.dataplane.nftables;

import io.netpol.dataplane.CleanupOutcome;
import io.netpol.dataplane.Contradiction;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.RenderedFile;
import io.netpol.dataplane.ToolCommands;
import io.netpol.dataplane.ToolRun;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Makes the dataplane of nftables, and serves the commands with it. */
public final class NftablesProvider implements DataplaneProvider {

  private static final String NAME = "nftables";
  private static final String BACKEND = "netpol.backend";
  private static final String COMMAND = "netpol.command.nft";
  private static final String IPTABLES_COMMAND = "netpol.command.iptables-restore";
  private static final String IPSET_COMMAND = "netpol.command.ipset";
  private static final String TIMEOUT = "netpol.command.timeout";
  private static final String LIST = "list table " + NftTools.TABLE;

  /** Present if packets between the ports of a bridge pass the rules of the host. */
  private static final Path BRIDGED = Path.of("/proc/sys/net/bridge/bridge-nf-call-iptables");

  @Override
  public List<String> backends() {
    return List.of(NAME);
  }

  @Override
  public boolean hasRules(UnaryOperator<String> settings) {
    return run(settings, "list", "table", "inet", "netpol").map(ToolRun::ok).orElse(false);
  }

  @Override
  public Optional<Choice> suits(UnaryOperator<String> settings) {
    Optional<ToolRun> tables = run(settings, "list", "tables").filter(ToolRun::ok);
    if (tables.isEmpty()) {
      return Optional.empty();
    }
    // On a bridge, only iptables tells the ports of pods apart.
    if (!filtersBridges(settings)
        && tables.get().stdout().lines().anyMatch(t -> t.matches("table ip6? kube-proxy"))) {
      return Optional.of(new Choice(NAME, "kube-proxy uses it"));
    }
    String set = settings.apply(IPTABLES_COMMAND);
    boolean iptables =
        !set.equals(AUTO)
            || Stream.of("iptables-nft-restore", "iptables-legacy-restore", "iptables-restore")
                .anyMatch(program -> run(besideIpset(settings, program)).isPresent());
    return iptables ? Optional.empty() : Optional.of(new Choice(NAME, "there is no iptables"));
  }

  /** Returns whether packets between the ports of a bridge may pass the rules, and should. */
  private static boolean filtersBridges(UnaryOperator<String> settings) {
    return Files.exists(BRIDGED) && !settings.apply("netpol.bridge").equals("off");
  }

  @Override
  public List<KernelTool> tools() {
    return NftTools.ALL;
  }

  @Override
  public Dataplane create(Cluster cluster, RenderOptions options) {
    return NftablesDataplane.unread(cluster, options);
  }

  @Override
  public ToolCommands commands(UnaryOperator<String> settings, Set<Family> families) {
    String nft = command(settings);
    List<String> warnings = new ArrayList<>();
    if (filtersBridges(settings)) {
      warnings.add(
          "the nftables back-end does not filter link-local, multicast and broadcast packets"
              + " between ports of a bridge: if pods are on a bridge, use netpol.backend=iptables-nft");
    }
    return new ToolCommands(
        Map.of(
            NftTools.NFT.id() + ".write", nft + " -f -",
            NftTools.NFT.id() + ".read", nft + " -s " + LIST,
            NftTools.NFT.id() + ".count", nft + " -t " + LIST,
            NftTools.SUMMARY.id() + ".read", nft + " -s -t " + LIST),
        List.of("back-end is nftables, table " + NftTools.TABLE),
        warnings);
  }

  @Override
  public List<Contradiction> contradictions(UnaryOperator<String> settings) {
    List<Contradiction> found = new ArrayList<>();
    if (settings.apply("netpol.allowed").equals("accept")) {
      found.add(
          new Contradiction(
              BACKEND,
              "netpol.allowed",
              "accept ends only the rules of one table, so other tables would still decide",
              "set netpol.allowed to return"));
    }
    if (settings.apply("netpol.bridge").equals("on")) {
      found.add(
          new Contradiction(
              BACKEND,
              "netpol.bridge",
              "this back-end does not know the ports of a bridge",
              "set netpol.backend to iptables-nft"));
    }
    return found;
  }

  @Override
  public List<RenderedFile> render(Cluster cluster, RenderOptions options) {
    String text =
        NftablesDataplane.empty(cluster, options)
            .plan(ReconcileRequest.wanted("render"), Set.of())
            .payloads(NftTools.ALL)
            .get(NftTools.NFT);
    return List.of(file(text));
  }

  @Override
  public List<RenderedFile> renderRepeatable(Cluster cluster, RenderOptions options) {
    String table = "table " + NftTools.TABLE + "\n";
    String text = render(cluster, options).get(0).text();
    return List.of(file("add " + table + "delete " + table + text));
  }

  private static RenderedFile file(String text) {
    List<String> statements =
        text.lines()
            .filter(line -> line.startsWith("add rule") || line.startsWith("add element"))
            .toList();
    return new RenderedFile(NftTools.NFT, NAME + ".nft", text, statements);
  }

  @Override
  public CleanupOutcome cleanup(
      UnaryOperator<String> settings, boolean dryRun, Consumer<String> out, Consumer<String> err)
      throws IOException {
    Optional<ToolRun> listed = run(settings, "-t", "list", "table", "inet", "netpol");
    if (listed.isEmpty()) {
      return CleanupOutcome.UNAVAILABLE;
    }
    if (!listed.get().ok()) {
      if (NftListing.ofFailure(listed.get().stderr()).isPresent()) {
        return CleanupOutcome.NOTHING_FOUND;
      }
      err.accept("table " + NftTools.TABLE + " cannot be read: " + listed.get().stderr().strip());
      return CleanupOutcome.FAILED;
    }
    long chains = listed.get().stdout().lines().filter(l -> l.startsWith("\tchain ")).count();
    String what = "nft: table " + NftTools.TABLE + " with " + chains + " chains";
    if (!dryRun) {
      ToolRun removed = run(settings, "delete", "table", "inet", "netpol").orElseThrow();
      if (!removed.ok()) {
        err.accept(what + " cannot be removed: " + removed.stderr().strip());
        return CleanupOutcome.FAILED;
      }
    }
    out.accept((dryRun ? "would remove " : "removed ") + what);
    return CleanupOutcome.REMOVED;
  }

  @Override
  public Map<String, String> writeIdleTools(Path folder) throws IOException {
    Files.writeString(
        folder.resolve("nft"), "cat >/dev/null\nprintf '" + NftListing.NOTHING + "'\n");
    return Map.of(COMMAND, "sh " + folder + "/nft");
  }

  /** Returns the command of nft; by default, nft where ipset would be run. */
  private static String command(UnaryOperator<String> settings) {
    String set = settings.apply(COMMAND);
    return set.equals(AUTO) ? String.join(" ", besideIpset(settings, "nft")) : set;
  }

  private static List<String> besideIpset(UnaryOperator<String> settings, String program) {
    List<String> words = new ArrayList<>(List.of(settings.apply(IPSET_COMMAND).trim().split(" +")));
    String ipset = words.remove(words.size() - 1);
    words.add(ipset.substring(0, ipset.lastIndexOf('/') + 1) + program);
    return words;
  }

  private static Optional<ToolRun> run(UnaryOperator<String> settings, String... arguments) {
    List<String> words = new ArrayList<>(List.of(command(settings).trim().split(" +")));
    words.addAll(List.of(arguments));
    Duration limit = Duration.ofMillis(Long.parseLong(settings.apply(TIMEOUT)));
    return run(words, limit);
  }

  private static Optional<ToolRun> run(List<String> words) {
    List<String> version = new ArrayList<>(words);
    version.add("--version");
    return run(version, Duration.ofSeconds(10));
  }

  /** Returns empty if there is no such program. */
  private static Optional<ToolRun> run(List<String> words, Duration limit) {
    try {
      ToolRun run = ToolRun.run(words, "", limit);
      return run.isThere() ? Optional.of(run) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
