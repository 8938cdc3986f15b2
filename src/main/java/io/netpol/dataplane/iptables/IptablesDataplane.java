package io.netpol.dataplane.iptables;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.Fault;
import io.netpol.dataplane.FormerOwners;
import io.netpol.dataplane.KernelSnapshot;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.ipset.IpSetWriter;
import io.netpol.dataplane.ipset.SavedSets;
import io.netpol.dataplane.ipset.SetSummary;
import io.netpol.dataplane.reconcile.FamiliesDataplane;
import io.netpol.dataplane.reconcile.RulePolicies;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Programs the kernel with iptables and ipset. */
public final class IptablesDataplane extends FamiliesDataplane {

  /** Matches "line 5: RULE_APPEND failed", "Error occurred at line: 5" and ipset's "in line 5:". */
  private static final Pattern LINE = Pattern.compile("line:? (\\d{1,9})");

  /** A part of the message of iptables when it timed out on the xtables lock. */
  private static final String LOCKED = "xtables lock";

  /** The owners by the rules of the previous agent, read until the first plan. */
  @GuardedBy("this")
  private final FormerRuleOwners formerOwners = new FormerRuleOwners();

  /** Holds the filter tables of the families, which parse listings. */
  private final Map<Family, FilterTable> tables;

  private IptablesDataplane(
      Cluster cluster, RenderOptions options, Map<Family, FilterTable> tables, boolean unread) {
    super(cluster, options, new IpSetWriter(), tables::get, unread);
    this.tables = tables;
  }

  private static Map<Family, FilterTable> tables(Cluster cluster, RenderOptions options) {
    Map<Family, FilterTable> tables = new EnumMap<>(Family.class);
    RenderOptions ofBase = cluster.auditsAll() ? options.withoutGuards() : options;
    options.families().forEach(family -> tables.put(family, new FilterTable(family, ofBase)));
    return tables;
  }

  /** Makes a dataplane that must read the kernel before it writes. */
  public static IptablesDataplane unread(Cluster cluster, RenderOptions options) {
    return new IptablesDataplane(cluster, options, tables(cluster, options), true);
  }

  /** Makes a dataplane for a kernel that has nothing of the agent. */
  public static IptablesDataplane empty(Cluster cluster, RenderOptions options) {
    return new IptablesDataplane(cluster, options, tables(cluster, options), false);
  }

  @Override
  public Optional<KernelTool> summary(KernelTool tool) {
    return tool.equals(IptablesTools.IPSET)
        ? Optional.of(IptablesTools.IPSET_SUMMARY)
        : Optional.empty();
  }

  @Override
  public synchronized boolean agrees(KernelTool summary, String listing) {
    return knowsSets() && SetSummary.agrees(observedSets(), listing);
  }

  @Override
  public synchronized List<Drift> observe(KernelTool tool, String saved) {
    if (tool.equals(IptablesTools.IPSET)) {
      return observeSets(saved);
    }
    List<Drift> drift = readChains(tool, family -> tables.get(family).read(saved));
    if (!isPlanned()) {
      formerOwners.read(saved);
    }
    return drift;
  }

  private List<Drift> observeSets(String saved) {
    if (assumesSets() && SavedSets.areExactly(observedSets(), saved)) {
      confirmSets();
      return List.of();
    }
    return readSets(SavedSets.read(saved));
  }

  @Override
  public Fault fault(Transaction transaction, String error) {
    Matcher named = LINE.matcher(error);
    int number = named.find() ? Integer.parseInt(named.group(1)) : 0;
    List<String> lines = number == 0 ? List.of() : transaction.payload().lines().toList();
    if (number < 1 || number > lines.size()) {
      return Fault.UNKNOWN;
    }
    String line = lines.get(number - 1);
    return new Fault(number, RestoreFiles.endsTransaction(line) ? null : line);
  }

  @Override
  public boolean isLockedByOthers(String error) {
    return error.contains(LOCKED);
  }

  @Override
  public synchronized Set<String> policiesBehind(String line, ApplyPlan plan) {
    Stream<String> written = plan.transactions().stream().flatMap(each -> each.payload().lines());
    return RulePolicies.of(
        line, Stream.concat(written, rules()), SavedRule::words, SavedRule::labelOf);
  }

  @Override
  public KernelSnapshot snapshot(Map<KernelTool, String> listings) {
    return new ReadKernel(listings);
  }

  @Override
  public KernelTool tool(String id) {
    return Stream.concat(IptablesTools.ALL.stream(), Stream.of(IptablesTools.IPSET_SUMMARY))
        .filter(tool -> tool.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("iptables has no tool " + id));
  }

  @Override
  public List<KernelTool> countingTools() {
    return families().stream().map(IptablesTools::of).toList();
  }

  @Override
  public Collection<RuleCounter> counters(KernelTool tool, String listing) {
    return RuleCounters.list(tool.id(), listing);
  }

  @Override
  public synchronized boolean isProgrammed(PodInFamily pod, KernelSnapshot kernel) {
    return isProgrammed(pod, ((ReadKernel) kernel).of(pod.family()));
  }

  @Override
  public synchronized FormerOwners formerOwners() {
    return formerOwners;
  }
}
