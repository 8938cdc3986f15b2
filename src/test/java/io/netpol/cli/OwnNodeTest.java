package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.lab.Flow;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.lab.Prober;
import io.netpol.net.IpAddress;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A closed pod reaches every local address of its node, and explain says so. */
@NeedsKernel
class OwnNodeTest {

  private static final int PORT = 80;

  /**
   * As a node-local DNS cache and kube-proxy in its IPVS mode have them, on links that need not be
   * up. These make dummies; bridges, which every kernel has, are as good.
   */
  private static final List<String> MORE =
      List.of("169.254.20.10", "10.96.0.10", "10.96.0.77", "fd00:96::a", "192.0.2.250");

  private static final String SETUP =
      """
      ip address add 169.254.20.10/32 dev lo
      ip link add nodelocaldns type bridge
      ip address add 10.96.0.10/32 dev nodelocaldns
      ip address add fd00:96::a/128 dev nodelocaldns
      ip link set nodelocaldns up
      ip link add kube-ipvs0 type bridge
      ip address add 10.96.0.77/32 dev kube-ipvs0
      ip address add 192.0.2.250/32 dev lo
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"ROUTED,NFT", "BRIDGED,NFT", "ROUTED,LEGACY", "BRIDGED,LEGACY"})
  void explainSaysOfEveryLocalAddressWhatTheKernelDoes(Wiring wiring, Backend backend)
      throws Exception {
    LabPlan plan = LabPlan.of(wiring).node("n1").pod("x/a", "n1").outside("world");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT))) {
      run(lab, SETUP, "sh", "-e");
      Path manifests = Files.createDirectory(folder.resolve("manifests"));
      Files.writeString(manifests.resolve("all.yaml"), manifests(lab));
      load(lab, manifests, backend);

      List<String> local =
          run(lab, "", java(), "-cp", "target/classes:target/test-classes", PRINTS)
              .lines()
              .filter(address -> !address.startsWith("127.") && !address.equals("::1"))
              .filter(address -> !address.startsWith("fe80:")) // needs the name of a link
              .toList();
      List<String> status =
          lab.addresses("n1").stream().map(a -> IpAddress.parse(a).toString()).toList();
      assertThat(local).containsAll(MORE).containsAll(status);
      List<String> options = new ArrayList<>();
      local.forEach(address -> options.addAll(List.of("--node-address", "n1=" + address)));
      for (String address : local) {
        CommandRun told = explain(manifests, address, options);
        assertThat(told.out()).contains("ALLOWED", "a pod and its own node always reach");
        assertThat(told.status()).isZero();
        List<Flow> flow = List.of(Flow.tcp("x/a", address, PORT));
        assertThat(prober.measure(flow, asked -> Outcome.ALLOWED).values())
            .as("the kernel, " + address)
            .containsExactly(Outcome.ALLOWED);
        CommandRun untold = explain(manifests, address, List.of());
        if (!status.contains(address)) {
          boolean linkLocal = IpAddress.parse(address).isLinkLocal();
          boolean inRange = wiring == Wiring.BRIDGED && !MORE.contains(address);
          assertThat(untold.out())
              .contains(linkLocal || inRange ? "UNKNOWN" : "DENIED")
              .contains("but " + address + " may ")
              .contains("--node-address");
          assertThat(untold.status()).isEqualTo(linkLocal || inRange ? 2 : 1);
        }
      }
      for (String address : lab.addresses("world")) {
        CommandRun far = explain(manifests, address, options);
        assertThat(far.out()).contains("DENIED");
        assertThat(far.status()).isEqualTo(1);
        assertThat(prober.measure(List.of(Flow.tcp("x/a", address, PORT))).values())
            .containsExactly(Outcome.DENIED);
      }
    }
  }

  private static final String PRINTS = "io.netpol.cli.PrintHostAddresses";

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static CommandRun explain(Path manifests, String address, List<String> options) {
    List<String> args = new ArrayList<>(List.of("explain", "--manifests", manifests.toString()));
    args.addAll(List.of("--from", "x/a", "--to", address, "--port", Integer.toString(PORT)));
    args.addAll(options);
    return CommandRun.of(args.toArray(String[]::new));
  }

  private void load(LabNetwork lab, Path manifests, Backend backend) throws IOException {
    Path out = folder.resolve("out");
    CommandRun rendered =
        CommandRun.of(
            "render", "--manifests", manifests.toString(), "--node", "n1", "--out", out.toString());
    assertThat(rendered.status()).as(rendered.toString()).isZero();
    run(lab, Files.readString(out.resolve("ipset.restore")), "ipset", "restore");
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      String payload = Files.readString(out.resolve(tool.id() + ".restore"));
      run(lab, payload, backend.restoreCommand(tool), "--noflush");
    }
  }

  private static String run(LabNetwork lab, String stdin, String... command) throws IOException {
    return lab.run("n1", stdin, command);
  }

  private static String manifests(LabNetwork lab) {
    LabPlan.Node node = lab.plan().nodes().get(0);
    StringBuilder text =
        new StringBuilder("{apiVersion: v1, kind: Namespace, metadata: {name: x}}\n---\n");
    text.append("{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {podCIDRs: [");
    node.podRanges().forEach(range -> text.append('"').append(range).append("\","));
    text.append("]}, status: {addresses: [");
    node.addresses().forEach(a -> text.append("{type: InternalIP, address: \"" + a + "\"},"));
    text.append("]}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x},");
    text.append("spec: {nodeName: n1}, status: {phase: Running, podIPs: [");
    lab.addresses("x/a").forEach(a -> text.append("{ip: \"" + a + "\"},"));
    return text.append("]}}\n---\n")
        .append("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n")
        .append("metadata: {name: deny-all, namespace: x}\n")
        .append("spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n")
        .toString();
  }
}
