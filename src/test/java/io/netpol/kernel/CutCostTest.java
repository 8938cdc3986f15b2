package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.conntrack.LeftConnections;
import io.netpol.dataplane.conntrack.StaleConnections;
import io.netpol.index.Cluster;
import io.netpol.lab.CommandResult;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.testing.Figures;
import io.netpol.testing.NeedsKernel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What it costs to cut a few connections among many. */
@NeedsKernel
class CutCostTest {

  private static final int FORBIDDEN = 64;

  @Test
  void fewOfAThousandConnectionsAreCut() throws IOException {
    assertThat(cut(1_000, CutCostTest::neighbour)).isEqualTo(1);
  }

  @Test
  @Tag("long")
  void neighboursAmongFiftyThousandConnectionsAreCut() throws IOException {
    assertThat(cut(50_000, CutCostTest::neighbour)).isEqualTo(1);
  }

  /** Each one is a command of its own, and for each the whole table is walked. */
  @Test
  @Tag("long")
  void scatteredOnesAmongFiftyThousandConnectionsAreCut() throws IOException {
    assertThat(cut(50_000, CutCostTest::scattered)).isEqualTo(FORBIDDEN);
  }

  @Test
  void allConnectionsOfAPodAreDeletedByOneCommand() throws IOException {
    left(1_000);
  }

  @Test
  @Tag("long")
  void fiftyThousandConnectionsOfAPodAreDeletedByOneCommand() throws IOException {
    left(50_000);
  }

  /** Of one pod all, among as many of another. */
  private static void left(int entries) throws IOException {
    try (LabNetwork lab = LabNetwork.start(LabPlan.of(LabPlan.Wiring.ROUTED).node("n1"))) {
      run(lab, load(entries), "conntrack", "--load-file", "-");
      run(lab, load(entries).replace(" 10.0.0.2 ", " 10.0.0.3 "), "conntrack", "--load-file", "-");
      long start = System.nanoTime();
      String listed = run(lab, "", "conntrack", "-L", "-f", "ipv4", "-o", "extended");
      LeftConnections connections = new LeftConnections(IpAddress.parse("10.0.0.2")::equals);
      listed.lines().forEach(connections::take);
      List<String> commands = new ArrayList<>();
      connections.deletions().forEachRemaining(commands::add);
      long found = System.nanoTime();
      run(lab, String.join("\n", commands) + "\n", "conntrack", "--load-file", "-");
      long deleted = System.nanoTime();
      assertThat(commands).hasSize(1);
      assertThat(connections.connections()).isEqualTo(entries);
      assertThat(run(lab, "", "conntrack", "-C").strip()).isEqualTo("" + entries);
      Figures.print(
          "deleted the %d connections of a pod among %d: found in %d ms, deleted in %d ms",
          entries,
          2 * entries,
          Duration.ofNanos(found - start).toMillis(),
          Duration.ofNanos(deleted - found).toMillis());
    }
  }

  private static String neighbour(int i) {
    return "10.1.0." + i;
  }

  private static String scattered(int i) {
    return "10.1." + i + ".7";
  }

  /** Allows whom {@link #load} lets connect, but for 64 of them. */
  private static NetworkPolicy policy(IntFunction<String> forbidden) {
    List<Cidr> except =
        IntStream.range(0, FORBIDDEN)
            .mapToObj(i -> Cidr.of(IpAddress.parse(forbidden.apply(i))))
            .toList();
    return new NetworkPolicy(
        new ObjectKey("shop", "db"),
        LabelSelector.EVERYTHING,
        Map.of(
            Direction.INGRESS,
            List.of(
                new Rule(
                    List.of(new Peer.Block(new Cidr(IpAddress.parse("10.1.0.0"), 16), except)),
                    List.of(new PortMatch.Any())))));
  }

  /** How many commands it takes. */
  private static long cut(int entries, IntFunction<String> forbidden) throws IOException {
    Cluster cluster = cluster(policy(forbidden));
    try (LabNetwork lab = LabNetwork.start(LabPlan.of(LabPlan.Wiring.ROUTED).node("n1"))) {
      run(lab, load(entries), "conntrack", "--load-file", "-");
      assertThat(run(lab, "", "conntrack", "-C").strip()).isEqualTo("" + entries);
      long start = System.nanoTime();
      String listed = run(lab, "", "conntrack", "-L", "-f", "ipv4", "-o", "extended");
      long afterList = System.nanoTime();
      StaleConnections connections =
          new StaleConnections(cluster, Set.of(new ObjectKey("shop", "db")), Set.of(), Set.of());
      connections.read(new BufferedReader(new StringReader(listed)));
      List<String> files = new ArrayList<>();
      connections.deletions(FORBIDDEN).forEachRemaining(files::add);
      long afterEvaluation = System.nanoTime();
      long commands = files.get(0).lines().count();
      assertThat(files).hasSize(1);
      assertThat(connections.forbidden()).hasSize(FORBIDDEN);
      run(lab, files.get(0), "conntrack", "--load-file", "-");
      long afterDeletion = System.nanoTime();
      assertThat(connections.read()).isEqualTo(entries);
      assertThat(connections.notUnderstood()).isZero();
      assertThat(run(lab, "", "conntrack", "-C").strip()).isEqualTo("" + (entries - FORBIDDEN));
      Figures.print(
          "cut %d of %d tracked connections by %d commands: listed in %d ms, evaluated in %d ms,"
              + " deleted in %d ms",
          FORBIDDEN,
          entries,
          commands,
          Duration.ofNanos(afterList - start).toMillis(),
          Duration.ofNanos(afterEvaluation - afterList).toMillis(),
          Duration.ofNanos(afterDeletion - afterEvaluation).toMillis());
      return commands;
    }
  }

  /** One connection from each of many addresses; the first 64 are those that are not allowed. */
  private static String load(int entries) {
    StringBuilder file = new StringBuilder();
    for (int i = 0; i < entries; i++) {
      String from = "10.1." + (i >> 8) + "." + (i & 255);
      file.append("-I -t 3000 -u SEEN_REPLY,ASSURED -s ").append(from);
      file.append(" -d 10.0.0.2 -r 10.0.0.2 -q ").append(from);
      file.append(" -p tcp --sport 40000 --dport 80 --reply-port-src 80 --reply-port-dst 40000");
      file.append(" --state ESTABLISHED\n");
    }
    return file.toString();
  }

  private static Cluster cluster(NetworkPolicy policy) {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    cluster.put(
        new Pod(
            new ObjectKey("shop", "db"),
            "n1",
            false,
            false,
            Map.of(),
            List.of(IpAddress.parse("10.0.0.2")),
            List.of()));
    cluster.put(policy);
    return cluster;
  }

  private static String run(LabNetwork lab, String stdin, String... command) throws IOException {
    CommandResult finished = lab.exec("n1", stdin, Duration.ofMinutes(4), List.of(command));
    assertThat(finished.ok()).as(String.join(" ", command) + ": " + finished.stderr()).isTrue();
    return finished.stdout();
  }
}
