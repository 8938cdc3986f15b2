package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.AffectedObjects;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Kind;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Whatever the order of events and of applies, and whichever of them fail: the kernel ends up with
 * what the objects of the end ask for.
 */
class DataplanePropertyTest {

  private static final int EVENTS = 60;

  private static final Node NODE =
      new Node(
          RandomCluster.NODE,
          List.of(),
          List.of(
              new Cidr(IpAddress.ipv4(0x0a000000L), 26),
              new Cidr(IpAddress.ipv6(0xfd00L << 48, 0), 64)));

  @Property(tries = 300)
  void eventsInAnyOrderLeadToTheSameEnd(
      @ForAll long seed, @ForAll boolean sets, @ForAll boolean drop) {
    Random random = new Random(seed);
    RenderOptions options = options(sets, drop);
    Cluster cluster = new Cluster(RandomCluster.NODE, DefaultIsolation.OFF);
    cluster.put(NODE);
    Objects objects = new Objects();
    ModelKernel kernel = new ModelKernel();
    Dataplane dataplane = IptablesDataplane.unread(cluster, options);
    RandomCluster make = new RandomCluster(random);
    ReconcileRequest due = null;
    for (int i = 0; i < EVENTS; i++) {
      ReconcileRequest event =
          ReconcileRequest.of(objects.event(random, make, cluster), "an event");
      due = due == null ? event : due.and(event);
      if (i == EVENTS / 3) {
        for (Kind kind : Kind.values()) {
          due = due.and(ReconcileRequest.of(cluster.listed(kind), "listed"));
        }
      }
      if (i >= EVENTS / 3 && random.nextInt(3) == 0) {
        boolean good = kernel.apply(dataplane, due, random.nextInt(4) == 0 ? random : null);
        due = good ? null : due;
      }
    }
    kernel.apply(dataplane, due == null ? ReconcileRequest.NONE : due, null);

    Cluster fresh = objects.fresh();
    ModelKernel expected = new ModelKernel();
    expected.apply(
        IptablesDataplane.unread(fresh, options),
        ReconcileRequest.everything("fresh", IptablesTools.ALL),
        null);
    assertThat(kernel.usedPart()).isEqualTo(expected.usedPart());
    // An agent that starts now finds everything as it wants it.
    Dataplane restarted = IptablesDataplane.unread(objects.fresh(), options);
    restarted
        .stale(ReconcileRequest.everything("restart", IptablesTools.ALL))
        .forEach(tool -> restarted.observe(tool, kernel.saved(tool)));
    assertThat(
            restarted
                .plan(ReconcileRequest.everything("restart", IptablesTools.ALL), Set.of())
                .transactions()
                .stream()
                .map(Transaction::payload))
        .isEmpty();
    assertThat(
            dataplane
                .plan(ReconcileRequest.everything("again", IptablesTools.ALL), Set.of())
                .transactions()
                .stream()
                .map(Transaction::payload))
        .isEmpty();
  }

  private static RenderOptions options(boolean sets, boolean drop) {
    RenderOptions.PeerForm form =
        sets ? RenderOptions.PeerForm.IPSET : RenderOptions.PeerForm.RULES;
    return new RenderOptions(
        Set.of(Family.values()),
        form,
        RenderOptions.Accept.ACCEPT,
        RenderOptions.Deny.DROP,
        RenderOptions.Log.OFF,
        drop ? RenderOptions.Unprogrammed.DROP : RenderOptions.Unprogrammed.ALLOW);
  }

  /** The objects as an API server would have them. */
  private static final class Objects {
    private final Map<String, Namespace> namespaces = new HashMap<>();
    private final Map<ObjectKey, Pod> pods = new HashMap<>();
    private final Map<ObjectKey, NetworkPolicy> policies = new HashMap<>();

    AffectedObjects event(Random random, RandomCluster make, Cluster cluster) {
      boolean delete = random.nextInt(5) == 0;
      switch (random.nextInt(4)) {
        case 0 -> {
          Namespace namespace = make.namespace();
          namespaces.put(namespace.name(), namespace);
          return cluster.put(namespace);
        }
        case 1 -> {
          NetworkPolicy policy = make.policy();
          if (delete) {
            policies.remove(policy.key());
            return cluster.remove(Kind.NETWORK_POLICY, policy.key());
          }
          policies.put(policy.key(), policy);
          return cluster.put(policy);
        }
        default -> {
          Pod pod = make.pod();
          if (delete) {
            pods.remove(pod.key());
            return cluster.remove(Kind.POD, pod.key());
          }
          pods.put(pod.key(), pod);
          return cluster.put(pod);
        }
      }
    }

    Cluster fresh() {
      Cluster cluster = new Cluster(RandomCluster.NODE, DefaultIsolation.OFF);
      cluster.put(NODE);
      namespaces.values().forEach(cluster::put);
      pods.values().forEach(cluster::put);
      policies.values().forEach(cluster::put);
      for (Kind kind : Kind.values()) {
        cluster.listed(kind);
      }
      return cluster;
    }
  }

  /** Takes payloads as the tools do, and prints what it holds as they do. */
  private static final class ModelKernel {
    private final Map<KernelTool, Map<String, StringBuilder>> chains = new HashMap<>();
    private final Map<String, Set<String>> sets = new TreeMap<>();

    private final Map<String, String> headers = new HashMap<>();

    /** Applies what is due; where random is given, one of the payloads is refused. */
    boolean apply(Dataplane dataplane, ReconcileRequest work, Random random) {
      for (KernelTool tool : dataplane.stale(work)) {
        dataplane.observe(tool, saved(tool));
      }
      ApplyPlan attempt = dataplane.plan(work, Set.of());
      int count = attempt.transactions().size();
      int refused = random == null || count == 0 ? -1 : random.nextInt(count);
      for (int i = 0; i < count; i++) {
        if (i == refused) {
          attempt.abandon();
          return false;
        }
        Transaction delivery = attempt.transactions().get(i);
        take(delivery.tool(), delivery.payload());
        dataplane.confirm(delivery);
      }
      attempt.finish();
      return true;
    }

    private void take(KernelTool tool, String payload) {
      Map<String, StringBuilder> table = chains.computeIfAbsent(tool, t -> new TreeMap<>());
      for (String line : payload.split("\n")) {
        String[] words = line.split(" ", 3);
        switch (words[0]) {
          case "create" -> {
            assertThat(sets).doesNotContainKey(words[1]);
            sets.put(words[1], new TreeSet<>());
            headers.put(words[1], words[2]);
          }
          case "add" -> sets.get(words[1]).add(words[2]);
          case "del" -> assertThat(sets.get(words[1]).remove(words[2])).isTrue();
          case "-A" -> {
            for (String word : words[2].split(" ")) {
              boolean set = word.startsWith("NWPLCY-4-") || word.startsWith("NWPLCY-6-");
              assertThat(!set || sets.containsKey(word)).as(line).isTrue();
              boolean chain = word.startsWith(Names.PREFIX) && !set;
              assertThat(!chain || table.containsKey(word)).as(line).isTrue();
            }
            table.get(words[1]).append(line).append('\n');
          }
          case "-X" -> assertThat(table.remove(words[1])).isNotNull().isEmpty();
          case "-I" ->
              table.put(
                  words[1],
                  new StringBuilder(
                      "-A " + words[1] + line.substring(line.indexOf(" 1 ") + 2) + "\n"));
          default -> {
            if (line.startsWith(":")) {
              table.put(words[0].substring(1), new StringBuilder());
            }
          }
        }
      }
    }

    private String saved(KernelTool tool) {
      StringBuilder text = new StringBuilder();
      if (tool == IptablesTools.IPSET) {
        sets.forEach(
            (name, entries) -> {
              text.append("create " + name + " " + headers.get(name) + "\n");
              entries.forEach(e -> text.append("add " + name + " " + e + "\n"));
            });
        return text.toString();
      }
      text.append("*filter\n");
      Map<String, StringBuilder> table = chains.getOrDefault(tool, Map.of());
      table.keySet().forEach(chain -> text.append(":" + chain + " - [0:0]\n"));
      table.values().forEach(text::append);
      return text.append("COMMIT\n").toString();
    }

    /** All chains, and the sets that they use. */
    String usedPart() {
      StringBuilder text = new StringBuilder();
      for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
        Map<String, StringBuilder> table = chains.getOrDefault(tool, Map.of());
        // The empty entry chain may stay when the last pod goes.
        boolean idle = table.getOrDefault(Names.FORWARD, new StringBuilder()).isEmpty();
        text.append(idle ? "" : saved(tool));
      }
      sets.forEach(
          (name, entries) -> {
            if (text.indexOf(name) >= 0) {
              text.append(name).append(' ').append(entries).append('\n');
            }
          });
      return text.toString();
    }
  }
}
