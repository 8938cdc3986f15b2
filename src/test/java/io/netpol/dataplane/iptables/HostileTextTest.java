package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** No name, label or selector from the API can end a comment, a line, or a name too long. */
class HostileTextTest {

  private static final Pattern LINE =
      Pattern.compile(
          "\\*filter|COMMIT|:NWPLCY-[A-Za-z0-9-]{1,21} - \\[0:0]"
              + "|-[AI] (NWPLCY-[A-Za-z0-9-]{1,21}|FORWARD 1|OUTPUT 1)"
              + "( [!A-Za-z0-9:/._,-]+)*( --comment \"[ -!#-\\[\\]-~]{1,255}\")?"
              + "( [A-Za-z0-9-]+)*( --(log|nflog)-prefix \"[ -!#-\\[\\]-~]{1,63}\")?( [A-Za-z0-9-]+)*"
              + "|create NWPLCY-[46]-[a-z2-7]{20} hash:[a-z,]+ family inet6? hashsize [0-9]+ maxelem [0-9]+"
              + "|add NWPLCY-[46]-[a-z2-7]{20} [0-9a-f:.,/tcpuds]+( nomatch)?");

  @Provide
  Arbitrary<String> hostile() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(40),
        Arbitraries.strings().withChars("\"'\\\n\r\0 -j;$`%\t").ofMaxLength(40),
        Arbitraries.strings().ascii().ofLength(600),
        Arbitraries.of(
            "\"\n-A FORWARD -j ACCEPT\n", "x\" -j ACCEPT #", "\\", "\u2028", "COMMIT\n", ""));
  }

  @Property(tries = 500)
  void payloadIsWellFormedWhateverTheNamesAre(
      @ForAll("hostile") String namespace,
      @ForAll("hostile") String name,
      @ForAll("hostile") String label,
      @ForAll("hostile") String port,
      @ForAll RenderOptions.PeerForm form,
      @ForAll RenderOptions.Log.To log) {
    RenderOptions options =
        new RenderOptions(
            Set.of(Family.values()),
            form,
            RenderOptions.Accept.ACCEPT,
            RenderOptions.Deny.REJECT,
            new RenderOptions.Log(log, 7, 10, label),
            RenderOptions.Unprogrammed.DROP);
    RestoreFiles payloads = RestoreFiles.of(cluster(namespace, name, label, port), options);
    payloads
        .byTool()
        .forEach(
            (tool, text) -> {
              assertThat(text.isEmpty() || text.endsWith("\n")).isTrue();
              for (String line : text.split("\n", -1)) {
                assertThat(line.isEmpty() || LINE.matcher(line).matches()).as(line).isTrue();
              }
            });
    assertThat(payloads.byTool().get(IptablesTools.IPTABLES)).contains("--comment");
  }

  private static Cluster cluster(String namespace, String name, String label, String port) {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    cluster.put(new Namespace(namespace, Map.of(label, name), Set.of()));
    Pod pod =
        new Pod(
            new ObjectKey(namespace, name),
            "n1",
            false,
            false,
            Map.of(label, label),
            List.of(IpAddress.parse("10.0.0.1"), IpAddress.parse("fd00::1")),
            List.of(new Pod.NamedPort(port, Protocol.UDP, 53)));
    cluster.put(pod);
    LabelSelector selector =
        new LabelSelector(List.of(LabelSelector.Requirement.equalTo(label, label)));
    List<Rule> rules =
        List.of(
            new Rule(
                List.of(
                    new Peer.Pods(new Peer.NamespaceScope.Named(namespace), selector),
                    new Peer.Pods(
                        new Peer.NamespaceScope.Matching(LabelSelector.EVERYTHING), selector)),
                List.of(new PortMatch.Named(Protocol.UDP, port), new PortMatch.Any())));
    cluster.put(
        new NetworkPolicy(
            new ObjectKey(namespace, name),
            LabelSelector.EVERYTHING,
            Map.of(Direction.INGRESS, rules, Direction.EGRESS, rules)));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }
}
