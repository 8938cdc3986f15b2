package io.netpol.route;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.model.ObjectKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
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

/** The steps of an apply: what to read, what to deliver, and what was delivered. */
public final class ApplyService {

  private static final Logger LOG = LoggerFactory.getLogger(ApplyService.class);

  /** Destroying unused sets can wait: a few in one pass. */
  private static final int SETS_A_PASS = 8;

  /** More findings than these are counted and not named in the log. */
  private static final int MAX_NAMED = 10;

  private final Dataplane dataplane;
  private final DeadLetters deadLetters;
  private final ConntrackCleanup cut;
  private final Clock clock;
  private final ToolLimits limits;
  private final long start = System.nanoTime();
  private final ResyncScheduler checks;
  private volatile Instant lastSuccess;
  private volatile boolean lastGood;
  private final List<ApplyListener> listeners = new CopyOnWriteArrayList<>();

  /** One for each agent. */
  public ApplyService(
      Dataplane dataplane,
      DeadLetters deadLetters,
      ConntrackCleanup cut,
      ToolLimits limits,
      Clock clock) {
    this.dataplane = dataplane;
    this.deadLetters = deadLetters;
    this.cut = cut;
    this.clock = clock;
    this.limits = limits;
    this.checks = new ResyncScheduler(dataplane.tools(), limits.reading());
  }

  /** From now on the listener is told of each apply, on the thread that applies. */
  public void listen(ApplyListener listener) {
    listeners.add(listener);
  }

  /** Begins to apply the body. */
  public ApplyState begin(@Body ReconcileRequest work) {
    return ApplyState.of(work);
  }

  /** Begins to close the pods of the body: their chains let nothing pass. */
  public ApplyState beginToClose(@Body ReconcileRequest work) {
    return ApplyState.closing(work);
  }

  /** Begins an attempt: what an earlier one rendered is dropped. */
  public ApplyState again(@Variable(ApplyState.VARIABLE) ApplyState state) {
    return state.again();
  }

  /** Makes all that is wanted the work, whatever was due. */
  public ApplyState withAll() {
    return ApplyState.of(ReconcileRequest.wanted("resync"));
  }

  /** The tools whose state must be read before anything can be written. */
  public List<String> unread(@Variable(ApplyState.VARIABLE) ApplyState state) {
    ReconcileRequest work = state.work();
    dataplane.markStale(checks.now(work.checks()));
    return dataplane.stale(work).stream().map(KernelTool::id).toList();
  }

  /**
   * Takes in what a tool printed of the kernel's state. Where it cannot be read, what was delivered
   * before goes on to be believed.
   *
   * @return what somebody else has changed
   * @throws ExecException if it cannot be read, and nothing was known before
   */
  public List<Drift> read(@Header(NetpolHeaders.TOOL) String tool, String saved) {
    List<Drift> found;
    try {
      found = dataplane.observe(dataplane.tool(tool), saved == null ? "" : saved);
    } catch (UnreadableListing e) {
      checks.isUnreadable(dataplane.tool(tool), e.getMessage());
      if (dataplane.couldNotObserve(dataplane.tool(tool))) {
        return List.of();
      }
      throw new ExecException(e.getMessage(), null, null, Commands.NO_STATUS);
    }
    checks.isReadable(dataplane.tool(tool));
    if (!found.isEmpty()) {
      checks.found(found);
      LOG.warn(
          "{} found that somebody else changed {} of our chains, jumps and sets: {}; it is repaired"
              + " now",
          tool,
          found.size(),
          found.stream().limit(MAX_NAMED).map(Drift::toString).collect(Collectors.joining("; ")));
    }
    return found;
  }

  /** Looks at what is due as it is now, and finds what must be delivered. */
  public ApplyState render(@Variable(ApplyState.VARIABLE) ApplyState state) {
    ReconcileRequest work = state.work();
    Set<PodInFamily> closed = state.closes() ? work.pods() : deadLetters.closed(work);
    cut.rendering(dataplane.formerOwners());
    ApplyPlan plan = dataplane.plan(work, closed);
    plan.transactions().forEach(transaction -> checks.wrote(transaction.tool()));
    checks.setsAlone(plan.transactions().stream().anyMatch(Transaction::blockedByListing));
    return state.rendered(plan, closed);
  }

  /** The deliveries of the attempt, in order; empty where the kernel has it all. */
  public List<Transaction> deliveries(@Variable(ApplyState.VARIABLE) ApplyState state) {
    return state.plan().transactions();
  }

  /**
   * What a tool would be given.
   *
   * @param payload empty where the kernel has all of it
   */
  public record Report(String tool, String payload) {

    /** How many lines it has. */
    public long lines() {
      return payload.lines().count();
    }
  }

  /** What each tool would be given in the attempt, one report each. */
  public List<Report> reports(@Variable(ApplyState.VARIABLE) ApplyState state) {
    return state.plan().payloads(dataplane.tools()).entrySet().stream()
        .map(entry -> new Report(entry.getKey().id(), entry.getValue()))
        .toList();
  }

  /** A tool has taken its payload. */
  public void delivered(@Variable(NetpolHeaders.DELIVERY) Transaction delivery) {
    checks.wrote(delivery.tool());
    dataplane.confirm(delivery);
  }

  /**
   * The tools to read once more, as a repair that they took was made several times: they may print
   * rules otherwise than they were written.
   */
  public List<String> unreadToVerify() {
    return dataplane.staleToVerify().stream().map(KernelTool::id).toList();
  }

  /** All payloads of the attempt were taken. */
  public void applied(
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @Header(NetpolHeaders.EVENT_TIME) Long since) {
    state.plan().finish();
    checks.setsAlone(false);
    cut.applied(state.plan().restricted(), state.work());
    deadLetters.healed(state.work(), state.closed());
    if (!state.work().checks().isEmpty()) { // only a check finds drift, and repairs it
      checks.repaired();
    }
    checks.stopped(dataplane.stoppedRepairs());
    if (dataplane.isMoreToRepair(state.work())) {
      checks.all();
    }
    lastSuccess = clock.instant();
    lastGood = true;
    List<Transaction> deliveries = state.plan().transactions();
    Applied applied = tell(state, since, deliveries);
    if (deliveries.isEmpty()) {
      LOG.debug("nothing differs: {}", state.work().causes());
      return;
    }
    checks.all(); // others may have written at the same time
    String written =
        deliveries.stream()
            .map(delivery -> delivery.tool().id() + " " + delivery.lines() + " lines")
            .collect(Collectors.joining(", "));
    LOG.info(
        "applied in {} ms: {}{}; because of {}",
        applied.took().toMillis(),
        changed(applied.changed()),
        written,
        String.join(", ", state.work().causes()));
  }

  private Applied tell(ApplyState state, Long since, List<Transaction> deliveries) {
    Applied applied =
        new Applied(
            state.work(),
            state.plan().changedPods(),
            deliveries,
            state.took(),
            lastSuccess,
            Optional.ofNullable(since).map(heard -> Duration.ofNanos(System.nanoTime() - heard)));
    listeners.forEach(listener -> listener.applied(applied));
    return applied;
  }

  /** Which pods got other rules; nothing where only members of sets changed. */
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

  /** The payloads of the attempt were looked at and kept from the tools, as in a dry run. */
  public void withheld(
      @Variable(ApplyState.VARIABLE) ApplyState state,
      @Header(NetpolHeaders.EVENT_TIME) Long since) {
    state.plan().finish();
    checks.setsAlone(false);
    lastSuccess = clock.instant();
    lastGood = true;
    tell(state, since, List.of());
  }

  /** An attempt, or the reading before it, failed. */
  void failed(ApplyState state, String why) {
    lastGood = false;
    checks.wroteAnything();
    checks.setsAlone(false);
    listeners.forEach(listener -> listener.failed(clock.instant(), why));
    if (state.plan() == null) {
      dataplane.forget();
    } else {
      state.plan().abandon();
      // Part of it may have been delivered.
      cut.restricted(state.plan().restricted());
    }
  }

  /** Not even chains that let nothing pass could be delivered. */
  public void closeFailed(@Variable(ApplyState.VARIABLE) ApplyState state) {
    failed(state, "a pod cannot be closed");
  }

  /** What to read before {@link #unused} is known; it may fail. */
  public List<String> unreadToTidy() {
    return dataplane.staleToCollectGarbage().stream().map(KernelTool::id).toList();
  }

  /**
   * Sets that nothing uses any more, one delivery each; none while they are listed, which keeps the
   * kernel from destroying them.
   */
  public List<Transaction> unused() {
    if (checks.isReadingSets()) {
      return List.of();
    }
    List<Transaction> unused = dataplane.collectGarbage(SETS_A_PASS);
    unused.forEach(delivery -> checks.wrote(delivery.tool()));
    return unused;
  }

  /** Each tool is to read the kernel soon, whether something was written or not. */
  public void checkAll() {
    checks.all();
  }

  /**
   * The tool by which the kernel is to be read again: after a write, so that who else writes at the
   * same time is found out soon, when all is to be checked, and in the first minute; null where
   * none is.
   */
  public String toReadAhead() {
    boolean young =
        lastSuccess != null
            && refused().isEmpty() // what is refused has its own interval
            && System.nanoTime() - start < limits.orphans().toNanos();
    KernelTool next = checks.next(young || !checks.unreadable().isEmpty());
    return next == null ? null : next.id();
  }

  /**
   * The check of what a tool printed beside the applies.
   *
   * @param saved null where the tool failed
   */
  public ReconcileRequest readAhead(@Header(NetpolHeaders.TOOL) String tool, @Body String saved) {
    return checks.ahead(dataplane.tool(tool), saved);
  }

  /** What the tool printed beside the applies, where that is still true; null where not. */
  public String takeReading(@Header(NetpolHeaders.TOOL) String tool) {
    return checks.take(dataplane.tool(tool));
  }

  /** What others were found to have changed. */
  public ResyncScheduler checked() {
    return checks;
  }

  /** When an apply succeeded last; empty if none did. */
  public Optional<Instant> lastSuccess() {
    return Optional.ofNullable(lastSuccess);
  }

  /** Whether the last apply succeeded. */
  public boolean isLastGood() {
    return lastGood;
  }

  /** The pods and sets whose work is refused, in words; empty when all is applied. */
  public List<String> refused() {
    return deadLetters.refused();
  }

  /** What is wanted and present. */
  Dataplane dataplane() {
    return dataplane;
  }
}
