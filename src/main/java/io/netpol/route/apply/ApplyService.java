package io.netpol.route.apply;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.model.ObjectKey;
import io.netpol.route.Applied;
import io.netpol.route.ApplyListener;
import io.netpol.route.ApplyState;
import io.netpol.route.NetpolHeaders;
import io.netpol.route.deadletter.DeadLetters;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.apache.camel.component.exec.ExecException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plans a sync for the routes and follows it: what to read, what to deliver, what was delivered.
 * The steps of an attempt run on the thread that applies; the rest is thread-safe.
 */
public final class ApplyService {

  private static final Logger LOG = LoggerFactory.getLogger(ApplyService.class);

  /** Unused sets that one sync destroys; the others can wait. */
  private static final int SETS_A_PASS = 8;

  /** Names in one log line; further ones are only counted. */
  private static final int MAX_NAMED = 10;

  private final Dataplane dataplane;
  private final DeadLetters deadLetters;
  private final ConntrackCleanup conntrack;
  private final Clock clock;
  private final ToolLimits limits;
  private final long start = System.nanoTime();
  private final ResyncScheduler resync;
  private volatile Instant lastSuccess;
  private volatile boolean lastGood;
  private final List<ApplyListener> listeners = new CopyOnWriteArrayList<>();

  /** Creates the service; an agent has one. */
  public ApplyService(
      Dataplane dataplane,
      DeadLetters deadLetters,
      ConntrackCleanup conntrack,
      ToolLimits limits,
      Clock clock) {
    this.dataplane = dataplane;
    this.deadLetters = deadLetters;
    this.conntrack = conntrack;
    this.clock = clock;
    this.limits = limits;
    Map<KernelTool, KernelTool> summaries = new HashMap<>();
    for (KernelTool tool : dataplane.tools()) {
      dataplane.summary(tool).ifPresent(summary -> summaries.put(tool, summary));
    }
    this.resync = new ResyncScheduler(dataplane.tools(), summaries, limits.reading());
  }

  /** Adds a listener, which receives each sync on the thread that applies. */
  public void listen(ApplyListener listener) {
    listeners.add(listener);
  }

  /** Begins a sync of the keys in the body. */
  public ApplyState begin(@Body ReconcileRequest request) {
    return ApplyState.of(request);
  }

  /** Begins to quarantine the pods of the body: their chains let nothing pass. */
  public ApplyState beginQuarantine(@Body ReconcileRequest request) {
    return ApplyState.quarantining(request);
  }

  /** Begins an attempt and drops what an earlier one rendered. */
  public ApplyState again(@Variable(ApplyState.VARIABLE) ApplyState state) {
    return state.again();
  }

  /** Replaces the request by one for the whole desired state. */
  public ApplyState withAll() {
    return ApplyState.of(ReconcileRequest.wanted("resync"));
  }

  /** Returns the ids of the tools that must read the kernel before it can be written. */
  public List<String> unread(@Variable(ApplyState.VARIABLE) ApplyState state) {
    ReconcileRequest request = state.request();
    dataplane.markStale(resync.startChecks(request.checks()));
    return dataplane.stale(request).stream().map(KernelTool::id).toList();
  }

  /**
   * Takes in what a tool printed of the kernel's state. If the listing is unreadable, the state
   * that was delivered last is assumed.
   *
   * @param saved the listing; null for an empty one
   * @return what another program has changed
   * @throws ExecException if the listing is unreadable and no earlier state is known
   */
  public List<Drift> read(@Header(NetpolHeaders.TOOL) String tool, String saved) {
    List<Drift> found;
    try {
      found = dataplane.observe(dataplane.tool(tool), saved == null ? "" : saved);
    } catch (UnreadableListing e) {
      resync.markUnreadable(dataplane.tool(tool), e.getMessage());
      if (dataplane.couldNotObserve(dataplane.tool(tool))) {
        return List.of();
      }
      throw new ExecException(e.getMessage(), null, null, Commands.NO_STATUS);
    }
    resync.markReadable(dataplane.tool(tool));
    if (!found.isEmpty()) {
      resync.countDrift(found);
      LOG.warn(
          "{} found that somebody else changed {} of the agent's chains, jumps and sets: {}; the"
              + " agent repairs them now",
          tool,
          found.size(),
          found.stream().limit(MAX_NAMED).map(Drift::toString).collect(Collectors.joining("; ")));
    }
    return found;
  }

  /** Plans the request against the current index, and finds what must be delivered. */
  public ApplyState render(@Variable(ApplyState.VARIABLE) ApplyState state) {
    ReconcileRequest request = state.request();
    Set<PodInFamily> quarantined =
        state.quarantines() ? request.pods() : deadLetters.quarantined(request);
    conntrack.rendering(dataplane.formerOwners());
    ApplyPlan plan = dataplane.plan(request, quarantined);
    plan.transactions().forEach(transaction -> resync.wrote(transaction.tool()));
    resync.lockSets(plan.transactions().stream().anyMatch(Transaction::blockedByListing));
    return state.rendered(plan, quarantined);
  }

  /** Returns the payloads of the attempt, in order; empty if the kernel has everything. */
  public List<Transaction> deliveries(@Variable(ApplyState.VARIABLE) ApplyState state) {
    return state.plan().transactions();
  }

  /**
   * The payload that a tool would receive in a dry run.
   *
   * @param payload empty if the kernel has all of it
   */
  public record Report(String tool, String payload) {

    /** Returns the number of lines. */
    public long lines() {
      return payload.lines().count();
    }
  }

  /** Returns the payload that each tool would receive in the attempt. */
  public List<Report> reports(@Variable(ApplyState.VARIABLE) ApplyState state) {
    return state.plan().payloads(dataplane.tools()).entrySet().stream()
        .map(entry -> new Report(entry.getKey().id(), entry.getValue()))
        .toList();
  }

  /** Notes that a tool has taken its payload. */
  public void delivered(@Variable(NetpolHeaders.DELIVERY) Transaction delivery) {
    resync.wrote(delivery.tool());
    dataplane.confirm(delivery);
  }

  /**
   * Returns the ids of the tools to read once more: they took the same repair several times, so
   * they may print rules differently from how they were written.
   */
  public List<String> unreadToVerify() {
    return dataplane.staleToVerify().stream().map(KernelTool::id).toList();
  }

  /**
   * Notes that the tools took all payloads of the attempt.
   *
   * @param since {@link System#nanoTime} at which the oldest event was received; null without one
   */
  public void applied(
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @Header(NetpolHeaders.EVENT_TIME) Long since) {
    state.plan().finish();
    resync.lockSets(false);
    conntrack.applied(state.plan().restricted(), state.request());
    deadLetters.applied(state.request(), state.quarantined());
    if (!state.request().checks().isEmpty()) { // only a check finds and repairs drift
      resync.countRepaired();
    }
    resync.setStopped(dataplane.stoppedRepairs());
    if (dataplane.isMoreToRepair(state.request())) {
      resync.scheduleAll();
    }
    lastSuccess = clock.instant();
    lastGood = true;
    List<Transaction> deliveries = state.plan().transactions();
    Applied applied = report(state, since, deliveries);
    if (deliveries.isEmpty()) {
      LOG.debug("nothing differs: {}", state.request().triggers());
      return;
    }
    resync.scheduleAfterWrite();
    String written =
        deliveries.stream()
            .map(delivery -> delivery.tool().id() + " " + delivery.lines() + " lines")
            .collect(Collectors.joining(", "));
    LOG.info(
        "applied in {} ms: {}{}; because of {}",
        applied.took().toMillis(),
        changed(applied.changed()),
        written,
        String.join(", ", state.request().triggers()));
  }

  private Applied report(ApplyState state, Long since, List<Transaction> deliveries) {
    Applied applied =
        new Applied(
            state.request(),
            state.plan().changedPods(),
            deliveries,
            state.took(),
            lastSuccess,
            Optional.ofNullable(since)
                .map(received -> Duration.ofNanos(System.nanoTime() - received)));
    listeners.forEach(listener -> listener.applied(applied));
    return applied;
  }

  /** Names the pods whose rules changed; empty if only members of sets changed. */
  private static String changed(Set<ObjectKey> pods) {
    return pods.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT,
            "%d %s (%s%s), ",
            pods.size(),
            pods.size() == 1 ? "pod" : "pods",
            pods.stream()
                .limit(MAX_NAMED)
                .map(ObjectKey::toString)
                .collect(Collectors.joining(", ")),
            pods.size() > MAX_NAMED ? ", …" : "");
  }

  /** Ends an attempt whose payloads were not delivered, as in a dry run. */
  public void withheld(
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @Header(NetpolHeaders.EVENT_TIME) Long since) {
    state.plan().finish();
    resync.lockSets(false);
    lastSuccess = clock.instant();
    lastGood = true;
    report(state, since, List.of());
  }

  /**
   * Notes that an attempt, or reading the kernel before it, failed.
   *
   * @param state null if the routes failed before there was one
   * @param why the reason, in one line
   */
  void failed(ApplyState state, String why) {
    lastGood = false;
    resync.wroteAny();
    resync.lockSets(false);
    listeners.forEach(listener -> listener.failed(clock.instant(), why));
    if (state == null || state.plan() == null) {
      dataplane.forget();
    } else {
      state.plan().abandon();
      // The kernel may have part of it.
      conntrack.restricted(state.plan().restricted());
    }
  }

  /**
   * Notes that the routes failed for a batch.
   *
   * @param state how far the attempt was; null if it had not begun
   */
  void routesFailed(ApplyState state, String why) {
    if (state == null) {
      lastGood = false;
      listeners.forEach(listener -> listener.failed(clock.instant(), why));
    } else {
      failed(state, why);
    }
  }

  /** Notes that a pod could not even be quarantined. */
  public void quarantineFailed(@Variable(ApplyState.VARIABLE) ApplyState state) {
    failed(state, "the rules that quarantine a pod could not be applied");
  }

  /** Returns the ids of the tools to read before {@link #unused}; reading them may fail. */
  public List<String> unreadToCollectGarbage() {
    return dataplane.staleToCollectGarbage().stream().map(KernelTool::id).toList();
  }

  /**
   * Returns one transaction for each of a few unused sets; empty while the sets are being listed,
   * because the kernel refuses to destroy them then ({@code ref_netlink} in {@code
   * net/netfilter/ipset/ip_set_core.c}).
   */
  public List<Transaction> unused() {
    if (resync.isReadingSets()) {
      return List.of();
    }
    List<Transaction> unused = dataplane.collectGarbage(SETS_A_PASS);
    unused.forEach(delivery -> resync.wrote(delivery.tool()));
    return unused;
  }

  /** Schedules a check by every tool, whether something was written or not. */
  public void checkAll() {
    resync.scheduleAll();
  }

  /**
   * Returns the id of the tool that reads the kernel ahead of its check; null if none has to. Reads
   * are scheduled after a write (to find a concurrent writer soon), at each resync, and all the
   * time in the first minute.
   */
  public String toPrefetch() {
    boolean young =
        lastSuccess != null
            && refused().isEmpty() // dead letters have their own retry interval
            && System.nanoTime() - start < limits.orphans().toNanos();
    KernelTool next = resync.nextToPrefetch(young || !resync.unreadable().isEmpty());
    return next == null ? null : next.id();
  }

  /**
   * Returns the check of a listing that was read ahead; an empty request if it was a summary, which
   * is compared here.
   *
   * @param saved null if the tool failed
   */
  public ReconcileRequest completePrefetch(
      @Header(NetpolHeaders.TOOL) String tool, @Body String saved) {
    KernelTool by = dataplane.tool(tool);
    if (!resync.isSummary(by)) {
      return resync.completePrefetch(by, saved);
    }
    resync.completeSummary(by, saved != null && agrees(by, saved));
    return ReconcileRequest.NONE;
  }

  private boolean agrees(KernelTool summary, String saved) {
    try {
      return dataplane.agrees(summary, saved);
    } catch (UnreadableListing e) {
      LOG.debug("the whole listing is read: {}", e.getMessage());
      return false;
    }
  }

  /** Returns the listing that the tool read ahead; null if it is stale or there is none. */
  public String takeSnapshot(@Header(NetpolHeaders.TOOL) String tool) {
    return resync.takeSnapshot(dataplane.tool(tool));
  }

  /** Returns the scheduler of checks, which counts drift. */
  public ResyncScheduler resyncScheduler() {
    return resync;
  }

  /** Returns when the last successful sync ended; empty before the first. */
  public Optional<Instant> lastSuccess() {
    return Optional.ofNullable(lastSuccess);
  }

  /** Returns whether the last attempt succeeded. */
  public boolean isLastGood() {
    return lastGood;
  }

  /** Returns the pods and sets whose rules are refused, in words; empty if all are applied. */
  public List<String> refused() {
    return deadLetters.refused();
  }

  /** Returns the desired and observed state of the kernel. */
  Dataplane dataplane() {
    return dataplane;
  }
}
