package io.netpol.dataplane.nftables;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.Fault;
import io.netpol.dataplane.FormerOwners;
import io.netpol.dataplane.KernelSnapshot;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.dataplane.reconcile.FamiliesDataplane;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.reconcile.ObservedState;
import io.netpol.dataplane.reconcile.RulePolicies;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Programs the kernel with nftables: all of a plan is one transaction. */
public final class NftablesDataplane extends FamiliesDataplane {

  /** Matches the place of an error, such as {@code /dev/stdin:3:26-41: Error:}. */
  private static final Pattern LINE = Pattern.compile("(?m)^[^:\\s]+:(\\d{1,9}):\\d+(?:-\\d+)?: ");

  private static final String ADD_TABLE = "add table " + NftTools.TABLE + "\n";

  /** The owners by the rules of the previous agent, read until the first plan. */
  @GuardedBy("this")
  private FormerOwners formerOwners = new FormerMapOwners(Map.of());

  /** Whether another program made the table dormant, so that it counts as empty. */
  @GuardedBy("this")
  private boolean dormant;

  private NftablesDataplane(Cluster cluster, RenderOptions options, boolean unread) {
    super(
        cluster,
        options,
        new NftSetWriter(),
        family -> new NetpolTable(family, options.priority()),
        unread);
  }

  /** Makes a dataplane that must read the kernel before it writes. */
  public static NftablesDataplane unread(Cluster cluster, RenderOptions options) {
    return new NftablesDataplane(cluster, options, true);
  }

  /** Makes a dataplane for a kernel that has nothing of the agent. */
  public static NftablesDataplane empty(Cluster cluster, RenderOptions options) {
    return new NftablesDataplane(cluster, options, false);
  }

  @Override
  protected synchronized List<PendingTransaction> combined(List<PendingTransaction> pending) {
    if (pending.isEmpty()) {
      return pending;
    }
    StringBuilder payload = new StringBuilder(ADD_TABLE);
    if (dormant) {
      payload.append("delete table " + NftTools.TABLE + "\n").append(ADD_TABLE);
    }
    Stage stage = Stage.SETS;
    for (PendingTransaction each : pending) {
      payload.append(each.transaction().payload());
      stage = each.transaction().stage() == Stage.CHAINS ? Stage.CHAINS : stage;
    }
    List<PendingTransaction> parts = List.copyOf(pending);
    return List.of(
        new PendingTransaction(
            new Transaction(NftTools.NFT, stage, payload.toString(), false),
            () -> {
              parts.forEach(part -> part.confirmed().run());
              isAwake();
            }));
  }

  private synchronized void isAwake() {
    dormant = false;
  }

  @Override
  public Optional<KernelTool> summary(KernelTool tool) {
    return Optional.of(NftTools.SUMMARY);
  }

  @Override
  public synchronized boolean agrees(KernelTool summary, String listing) {
    if (!knowsSets()) {
      return false;
    }
    NftListing read = NftListing.read(listing);
    Map<String, ObservedSet> sets = new HashMap<>();
    read.sets().values().forEach(sets::putAll);
    Map<String, ObservedSet> known = observedSets();
    return withoutElements(read.chains()).equals(withoutElements(observedChains()))
        && known.keySet().equals(sets.keySet())
        && known.entrySet().stream().allMatch(set -> sets.get(set.getKey()).isLike(set.getValue()));
  }

  private static Map<String, List<String>> withoutElements(Map<String, List<String>> chains) {
    Map<String, List<String>> without = new HashMap<>(chains);
    without.replaceAll(
        (name, rules) ->
            NetpolTable.hasElements(name)
                ? rules.stream().filter(NftListing::isHook).toList()
                : rules);
    return without;
  }

  @Override
  public synchronized List<Drift> observe(KernelTool tool, String listing) {
    NftListing read = NftListing.read(listing);
    dormant = read.isDormant();
    List<Drift> drift = new ArrayList<>(readSets(read.sets()));
    drift.addAll(readChains(tool, read::chains));
    if (!isPlanned()) {
      formerOwners = new FormerMapOwners(read.chains());
    }
    return drift;
  }

  @Override
  public Optional<String> listingOfFailure(String error) {
    return NftListing.ofFailure(error);
  }

  @Override
  public Fault fault(Transaction transaction, String error) {
    Matcher place = LINE.matcher(error);
    int number = place.find() ? Integer.parseInt(place.group(1)) : 0;
    List<String> lines = number == 0 ? List.of() : transaction.payload().lines().toList();
    return number < 1 || number > lines.size()
        ? Fault.UNKNOWN
        : new Fault(number, lines.get(number - 1));
  }

  @Override
  public boolean isLockedByOthers(String error) {
    return false;
  }

  @Override
  public synchronized Set<String> policiesBehind(String line, ApplyPlan plan) {
    Stream<String> written = plan.transactions().stream().flatMap(each -> each.payload().lines());
    return RulePolicies.of(line, Stream.concat(written, rules()), RuleText::words, RuleText::label);
  }

  /** Holds the state of all families at one time. */
  private record Snapshot(Map<Family, ObservedState> byFamily) implements KernelSnapshot {}

  @Override
  public KernelSnapshot snapshot(Map<KernelTool, String> listings) {
    NftListing read = NftListing.read(listings.get(NftTools.NFT));
    Map<Family, ObservedState> byFamily = new EnumMap<>(Family.class);
    for (Family family : Family.values()) {
      ObservedState state =
          new ObservedState(new NetpolTable(family, RenderOptions.PRIORITY), true);
      state.readChains(read.chains(family));
      state.readSets(read.sets().getOrDefault(family, Map.of()));
      byFamily.put(family, state);
    }
    return new Snapshot(byFamily);
  }

  @Override
  public synchronized boolean isProgrammed(PodInFamily pod, KernelSnapshot kernel) {
    return isProgrammed(pod, ((Snapshot) kernel).byFamily().get(pod.family()));
  }

  @Override
  public KernelTool tool(String id) {
    return Stream.of(NftTools.NFT, NftTools.SUMMARY)
        .filter(tool -> tool.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("nftables has no tool " + id));
  }

  @Override
  public List<KernelTool> countingTools() {
    return List.of(NftTools.NFT);
  }

  @Override
  public Collection<RuleCounter> counters(KernelTool tool, String listing) {
    return RuleText.counters(NftListing.read(listing).chains());
  }

  @Override
  public synchronized FormerOwners formerOwners() {
    return formerOwners;
  }

  /** Finds the former owner of an address by the chain to which a map leads its packets. */
  private static final class FormerMapOwners implements FormerOwners {
    private final Map<IpAddress, Set<String>> targets = new HashMap<>();

    FormerMapOwners(Map<String, List<String>> chains) {
      chains.forEach(
          (name, elements) -> {
            if (NetpolTable.hasElements(name)) {
              elements.forEach(element -> add(element, chains));
            }
          });
    }

    private void add(String element, Map<String, List<String>> chains) {
      String[] parts = element.split(" : jump ");
      if (parts.length == 2) {
        try {
          Set<String> reached =
              targets.computeIfAbsent(IpAddress.parse(parts[0]), address -> new HashSet<>());
          reached.add(parts[1]);
          // A chain that leads to the pods that share an address.
          chains
              .getOrDefault(parts[1], List.of())
              .forEach(rule -> reached.addAll(List.of(rule.split(" "))));
        } catch (IllegalArgumentException e) {
          return; // another program's
        }
      }
    }

    @Override
    public Set<IpAddress> addresses() {
      return Set.copyOf(targets.keySet());
    }

    @Override
    public boolean names(IpAddress address, ObjectKey pod) {
      Set<String> reached = targets.getOrDefault(address, Set.of());
      return Stream.of(Direction.values())
          .map(direction -> Names.podChain(direction, pod))
          .anyMatch(chain -> reached.stream().anyMatch(target -> target.startsWith(chain)));
    }
  }
}
