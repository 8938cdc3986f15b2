package io.netpol.lab;

import io.netpol.lab.LabPlan.Node;
import io.netpol.lab.LabPlan.Outside;
import io.netpol.lab.LabPlan.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs a network of nodes, pods and outside hosts, each of them a network namespace.
 *
 * <p>Nothing is created in the namespace of the caller and no packet leaves the lab. The namespaces
 * are called <code>np&lt;pid in hex&gt;-&lt;counter&gt;-&lt;member&gt;</code>. They go away with
 * {@link #close()}, at the latest when the JVM ends in an orderly way; what a killed JVM left
 * behind, {@link #sweep()} removes.
 *
 * <p>Safe for use by several threads.
 */
public final class LabNetwork implements AutoCloseable {
  private static final Duration COMMAND_LIMIT = Duration.ofSeconds(30);

  /** A line for each route: the destination first, the flags before the device at the end. */
  private static final Path ROUTES = Path.of("/proc/thread-self/net/ipv6_route");

  /** The flag of the route to an address of the host (linux/ipv6_route.h). */
  private static final long RTF_LOCAL = 0x80000000L;

  private static final long POLL_NANOS = 1_000_000;

  private final String prefix = Namespaces.newPrefix();
  private final Map<String, NamespaceThread> threads =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private final Map<String, String> links = new LinkedHashMap<>();
  private final Thread atExit = new Thread(this::removeEverything, "remove lab " + prefix);
  private int linkCount;
  private boolean closed;
  private volatile LabPlan plan;

  private LabNetwork(LabPlan plan) {
    this.plan = plan;
  }

  /** Says why no lab can run here, in one sentence; empty if one can. */
  public static Optional<String> unavailable() {
    return LabRequirements.missing();
  }

  /**
   * Builds a lab, with loopback, addresses and routes in place when it returns.
   *
   * @throws IOException if a part cannot be built; nothing is left of the others then
   */
  public static LabNetwork start(LabPlan plan) throws IOException {
    LabNetwork lab = new LabNetwork(plan);
    Runtime.getRuntime().addShutdownHook(lab.atExit);
    try {
      lab.build();
      return lab;
    } catch (IOException | RuntimeException e) {
      try {
        lab.close();
      } catch (RuntimeException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /**
   * Removes the namespaces of labs whose process is gone.
   *
   * @return the names of the namespaces that were found
   */
  public static List<String> sweep() throws IOException {
    List<String> leftovers = Namespaces.leftovers();
    Namespaces.delete(leftovers);
    return leftovers;
  }

  /** Returns the lab as it is now, with pods added, removed and moved since the start. */
  public LabPlan plan() {
    return plan;
  }

  /** Returns the names of all nodes, pods and outside hosts, in this order. */
  public List<String> members() {
    LabPlan now = plan;
    return Stream.of(
            now.nodes().stream().map(Node::name),
            now.pods().stream().map(Pod::name),
            now.outsides().stream().map(Outside::name))
        .flatMap(names -> names)
        .toList();
  }

  /**
   * Returns a member's addresses, IPv4 and IPv6 in the order of its description.
   *
   * @throws IllegalArgumentException if there is no such member
   */
  public List<String> addresses(String member) {
    LabPlan now = plan;
    return Stream.of(
            now.nodes().stream().filter(n -> n.name().equals(member)).map(Node::addresses),
            now.pods().stream().filter(p -> p.name().equals(member)).map(Pod::addresses),
            now.outsides().stream().filter(o -> o.name().equals(member)).map(Outside::addresses))
        .flatMap(found -> found)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("the lab has no member " + member));
  }

  /** Returns the member that has an address, if one does. */
  public Optional<String> memberAt(String address) {
    return members().stream().filter(name -> addresses(name).contains(address)).findFirst();
  }

  /** Returns the name of a member's namespace, as {@code ip netns} knows it. */
  public String namespace(String member) {
    return prefix + member.replace('/', '.');
  }

  /** Returns the start of a command line that runs inside a member's namespace, with a blank. */
  public String inside(String member) {
    return String.join(" ", Namespaces.inside(namespace(member))) + " ";
  }

  /** Returns what the names of all namespaces of this lab start with. */
  public String prefix() {
    return prefix;
  }

  /** Runs a command line inside a member's namespace, and returns what it prints. */
  public String run(String member, String command) throws IOException {
    return run(member, "", command.split(" "));
  }

  /**
   * Runs a command inside a member's namespace, for at most 30 seconds, and returns what it prints.
   *
   * @throws IOException if it does not succeed
   */
  public String run(String member, String stdin, String... command) throws IOException {
    CommandResult result = exec(member, stdin, List.of(command));
    if (!result.ok()) {
      throw new IOException(String.join(" ", command) + ": " + result);
    }
    return result.stdout();
  }

  /**
   * Runs a command inside a member's namespace, for at most 30 seconds.
   *
   * @param stdin what the command reads; may be empty
   * @return its exit status and output, whether it succeeded or not
   * @throws IOException if it cannot be started
   */
  public CommandResult exec(String member, String stdin, List<String> command) throws IOException {
    return exec(member, stdin, COMMAND_LIMIT, command);
  }

  /** Runs a command inside a member's namespace, with another time limit. */
  public CommandResult exec(String member, String stdin, Duration limit, List<String> command)
      throws IOException {
    List<String> whole = new ArrayList<>(Namespaces.inside(namespace(member)));
    whole.addAll(command);
    return CommandResult.run(whole, stdin, limit);
  }

  /**
   * Adds a pod and waits until it is connected.
   *
   * @throws IOException if that fails; the lab is as before then
   */
  public synchronized void addPod(Pod pod) throws IOException {
    requireOpen();
    plan = plan.pod(pod);
    try {
      Namespaces.create(List.of(namespace(pod.name())));
      threads.put(pod.name(), new NamespaceThread(namespace(pod.name())));
      threads.get(pod.name()).set(LabCommands.settings());
      configure(pod.node(), commands().attach(pod, newLink(pod)));
      configure(pod.name(), commands().forPod(pod));
      awaitAddresses(pod.name());
      forgetNeighbour(pod);
    } catch (IOException | RuntimeException e) {
      drop(pod.name());
      throw e;
    }
  }

  /** Removes a pod and its namespace; its connections get no farewell. */
  public synchronized void removePod(String name) throws IOException {
    requireOpen();
    Pod pod = plan.findPod(name);
    // Deleting the namespace alone would leave the node's end there for a while.
    configure(pod.node(), List.of("link delete " + links.get(name)));
    drop(name);
  }

  /** Gives a pod other addresses on the same node. */
  public synchronized void movePod(String name, List<String> addresses) throws IOException {
    requireOpen();
    Pod before = plan.findPod(name);
    Pod after = new Pod(name, before.node(), addresses);
    plan = plan.withoutPod(name).pod(after);
    configure(name, commands().readdress(before, after));
    awaitAddresses(name);
    configure(after.node(), commands().reroute(before, after, links.get(name)));
    forgetNeighbour(after);
  }

  /** Runs work on the thread that lives in a member's namespace. */
  <T> T inside(String member, Callable<T> work) throws IOException {
    return NamespaceThread.await(submit(member, work));
  }

  <T> Future<T> submit(String member, Callable<T> work) {
    NamespaceThread thread = threads.get(member);
    if (thread == null) {
      throw new IllegalArgumentException("the lab has no member " + member);
    }
    return thread.submit(work);
  }

  /**
   * Removes every namespace of the lab; a second call does nothing.
   *
   * @throws UncheckedIOException if a namespace cannot be removed
   */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending and the hook runs, or has run.
    }
    removeEverything();
  }

  private synchronized void removeEverything() {
    if (closed) {
      return;
    }
    closed = true;
    threads.values().forEach(NamespaceThread::close);
    try {
      Namespaces.delete(Namespaces.list(prefix));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove lab " + prefix, e);
    }
  }

  private synchronized void build() throws IOException {
    List<String> names = new ArrayList<>(members());
    names.add(LabPlan.SWITCH);
    Namespaces.create(names.stream().map(this::namespace).toList());
    for (String name : names) {
      threads.put(name, new NamespaceThread(namespace(name)));
      threads.get(name).set(LabCommands.settings());
    }
    for (Node node : plan.nodes()) {
      threads.get(node.name()).set(commands().nodeSettings());
    }
    // A veth is there for both of its ends at once, so the far ends come after the switch and
    // nodes.
    configure(LabPlan.SWITCH, commands().forSwitch());
    for (Node node : plan.nodes()) {
      List<String> lines = new ArrayList<>(commands().forNode(node));
      plan.pods().stream()
          .filter(pod -> pod.node().equals(node.name()))
          .forEach(pod -> lines.addAll(commands().attach(pod, newLink(pod))));
      configure(node.name(), lines);
    }
    for (Outside outside : plan.outsides()) {
      configure(outside.name(), commands().forOutside(outside));
    }
    for (Pod pod : plan.pods()) {
      configure(pod.name(), commands().forPod(pod));
    }
    for (String member : members()) {
      awaitAddresses(member);
    }
  }

  /**
   * Waits until a member takes packets to its IPv6 addresses. The kernel has an address at once,
   * but makes the route to it by a work queue, which a busy machine lets wait
   * (linux/net/ipv6/addrconf.c, addrconf_dad_start), and until then sends such packets elsewhere.
   */
  private void awaitAddresses(String member) throws IOException {
    Set<String> missing =
        addresses(member).stream()
            .filter(IpLiteral::isIpv6)
            .map(address -> HexFormat.of().formatHex(IpLiteral.parse(address).getAddress()))
            .collect(Collectors.toCollection(TreeSet::new));
    long start = System.nanoTime();
    while (true) {
      for (String route : inside(member, () -> Files.readAllLines(ROUTES))) {
        String[] fields = route.trim().split(" +");
        if ((Long.parseLong(fields[8], 16) & RTF_LOCAL) != 0) {
          missing.remove(fields[0]);
        }
      }
      if (missing.isEmpty()) {
        return;
      }
      if (System.nanoTime() - start > COMMAND_LIMIT.toNanos()) {
        throw new IOException(member + " does not get the addresses " + missing);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private void configure(String member, List<String> lines) throws IOException {
    if (!lines.isEmpty()) {
      Namespaces.configure(namespace(member), lines);
    }
  }

  private void forgetNeighbour(Pod pod) throws IOException {
    for (Map.Entry<String, List<String>> entry : commands().forgetNeighbour(pod).entrySet()) {
      configure(entry.getKey(), entry.getValue());
    }
  }

  private void drop(String pod) throws IOException {
    plan = plan.withoutPod(pod);
    links.remove(pod);
    NamespaceThread thread = threads.remove(pod);
    if (thread != null) {
      thread.close();
    }
    Namespaces.delete(List.of(namespace(pod)));
  }

  private LabCommands commands() {
    return new LabCommands(plan, this::namespace);
  }

  private String newLink(Pod pod) {
    linkCount++;
    String link = "veth" + linkCount;
    links.put(pod.name(), link);
    return link;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the lab is closed");
    }
  }
}
