package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.dataplane.RenderedFile;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.manifest.Manifests;
import io.netpol.kubernetes.parse.Reason;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Writes what the agent of a node would deliver to an empty kernel, from manifests alone, as files
 * that may be loaded any number of times.
 */
@Command(
    name = "render",
    mixinStandardHelpOptions = true,
    description = {
      "Write the sets and rules that the agent of a node would give an empty kernel.",
      "The result is loaded, the first time and any other, with",
      "  ipset restore < ipset.restore",
      "  for i in iptables ip6tables; do",
      "    $i-save -t filter | sed -n '/ -j NWPLCY-FORWARD$/s/^-A/-D/p' |",
      "      sed '1r /dev/stdin' $i.restore | $i-restore --noflush",
      "  done",
      "or, with --backend nftables, with",
      "  nft -f nftables.nft"
    })
final class RenderCommand implements Callable<Integer> {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--manifests",
      required = true,
      paramLabel = "DIR",
      description =
          "Folder of YAML or JSON files with Namespaces, Pods, Nodes and NetworkPolicies; other"
              + " kinds and API groups are passed over.")
  private Path manifests;

  @Option(
      names = "--node",
      required = true,
      paramLabel = "NAME",
      description = "The node, as in spec.nodeName of its pods.")
  private String node;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for the files; without it they go to standard output.")
  private Path out;

  @Option(
      names = "--peers",
      paramLabel = "ipset|rules",
      description = "How peers are written; as set for the agent where not given.")
  private RenderOptions.PeerForm peers;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "iptables-nft and iptables-legacy (the files are the same) or nftables; as set for the"
              + " agent where not given.")
  private String backend;

  @Override
  public Integer call() {
    if (node.isBlank()) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--node is empty");
    }
    Map<Setting, String> overrides = new EnumMap<>(Setting.class);
    overrides.put(Setting.NODE, node);
    if (peers != null) {
      overrides.put(Setting.PEERS, peers.name().toLowerCase(Locale.ROOT));
    }
    if (backend != null) {
      overrides.put(Setting.BACKEND, backend);
    }
    Settings settings = NodeRules.settings(overrides);
    List<RenderedFile> files =
        settings.dataplane().renderRepeatable(cluster(settings), settings.renderOptions());
    if (out == null) {
      print(files);
    } else {
      try {
        write(files);
      } catch (IOException e) {
        throw new BadInputException("--out: cannot write " + Reason.of(e));
      }
    }
    return 0;
  }

  private Cluster cluster(Settings settings) {
    PrintWriter err = spec.commandLine().getErr();
    Manifests read = new ObjectSource("--manifests", manifests, null).read(err);
    if (read.nodes().stream().noneMatch(n -> n.name().equals(node))
        && read.pods().stream().noneMatch(pod -> pod.node().equals(node))) {
      err.println("netpol: warning: no Node and no Pod names the node " + node);
    }
    return ObjectSource.index(read, settings, node);
  }

  private void print(List<RenderedFile> files) {
    PrintWriter stdout = spec.commandLine().getOut();
    for (RenderedFile file : files) {
      stdout.println("# " + file.name());
      stdout.print(file.text());
    }
  }

  private void write(List<RenderedFile> files) throws IOException {
    Files.createDirectories(out);
    for (RenderedFile file : files) {
      Files.writeString(out.resolve(file.name()), file.text());
    }
  }
}
