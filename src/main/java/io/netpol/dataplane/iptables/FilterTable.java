package io.netpol.dataplane.iptables;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.ipset.IpSetHeader;
import io.netpol.dataplane.ipset.IpSetWriter;
import io.netpol.dataplane.reconcile.FamilyBackend;
import io.netpol.dataplane.reconcile.KernelSet;
import io.netpol.dataplane.reconcile.ObservedState;
import io.netpol.dataplane.reconcile.PodChains;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.model.ObjectKey;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Writes the rules of one family for its filter table, and its sets for ipset. */
final class FilterTable implements FamilyBackend {

  private final Family family;
  private final RenderOptions options;
  private final RuleWriter writer;

  /** The base chains as last written. */
  private Map<String, WrittenChain> base = Map.of();

  /** Holds a base chain with its text. */
  private record WrittenChain(Chain chain, List<String> rules) {}

  FilterTable(Family family, RenderOptions options) {
    this.family = family;
    this.options = options;
    this.writer = new RuleWriter(family);
  }

  @Override
  public KernelTool chainsTool() {
    return IptablesTools.of(family);
  }

  @Override
  public KernelTool setsTool() {
    return IptablesTools.IPSET;
  }

  @Override
  public List<String> write(Chain chain) {
    return writer.write(chain);
  }

  // On a node with many pods, nearly all base chains are as they were when one pod comes or goes,
  // and are not written again.
  @Override
  public Map<String, List<String>> base(
      Map<ObjectKey, PodChains> pods, List<Cidr> protectedCidrs, BridgePorts ports) {
    Map<String, WrittenChain> before = base;
    base = new HashMap<>();
    Map<String, List<String>> texts = new TreeMap<>();
    for (Chain chain : new BaseChains(family, options, protectedCidrs, ports).chains(pods)) {
      WrittenChain known = before.get(chain.name());
      if (known == null || !known.chain().equals(chain)) {
        known = new WrittenChain(chain, writer.write(chain));
      }
      base.put(chain.name(), known);
      texts.put(chain.name(), known.rules());
    }
    return texts;
  }

  @Override
  public String dispatchWord(IpAddress address) {
    return Cidr.of(address).toString();
  }

  @Override
  public Optional<PendingTransaction> difference(
      Map<String, List<String>> desired,
      Set<String> unwanted,
      boolean hooked,
      ObservedState observed) {
    return FilterTableDiff.between(family, desired, unwanted, hooked, observed);
  }

  @Override
  public boolean isHooked(ObservedState observed) {
    return FilterTableDiff.HOOKS.stream().allMatch(hook -> observed.jumps(hook).first());
  }

  @Override
  public KernelSet set(AddressSet set) {
    return IpSetWriter.set(set);
  }

  @Override
  public String destruction(String set) {
    return "destroy " + set + "\n";
  }

  @Override
  public String text(Map<String, List<String>> chains, Map<KernelSet, List<String>> sets) {
    StringBuilder text = new StringBuilder();
    text.append("# ipset, ").append(family).append('\n');
    sets.forEach(
        (set, entries) -> {
          text.append("create ").append(set.name()).append(' ');
          text.append(IpSetHeader.of(set, entries.size())).append('\n');
          entries.forEach(e -> text.append("add " + set.name() + " " + e + "\n"));
        });
    text.append("# ").append(chainsTool().id()).append("\n*filter\n");
    chains.keySet().forEach(chain -> text.append(":").append(chain).append(" - [0:0]\n"));
    chains.forEach(
        (chain, rules) -> rules.forEach(rule -> text.append("-A " + chain + " " + rule + "\n")));
    return text.append("COMMIT\n").toString();
  }

  /**
   * Parses the output of {@code iptables-save} or {@code ip6tables-save}.
   *
   * @throws io.netpol.dataplane.UnreadableListing if the listing is incomplete or cannot be parsed
   */
  ObservedState.ReadChains read(String saved) {
    return FilterTableDiff.read(SavedTable.filter(chainsTool(), saved));
  }
}
