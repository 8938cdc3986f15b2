package io.netpol.cli;

import io.netpol.analysis.matrix.Difference;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.manifest.Manifests;
import io.netpol.model.Namespace;
import io.netpol.model.Pod;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says which connections a change opens and closes, and which rules of which node it changes. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2, // 1 would say that something opens
    description = {
      "Say which connections a change opens and closes, and which rules of which node it changes.",
      "With --cluster, before is the live cluster, and after is the same with the policies and"
          + " namespaces of a folder applied."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:nothing opens",
      "1:something opens",
      "2:no answer: bad usage or input, or the objects cannot be had"
    })
final class DiffCommand implements Callable<Integer> {

  private enum Form {
    text,
    json,
    markdown
  }

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--before", paramLabel = "DIR", description = "Folder of manifests: all objects.")
  private Path before;

  @Option(names = "--cluster", description = "The live cluster is what is before.")
  private boolean live;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "How to reach the live cluster; without it as kubectl does.")
  private String kubeconfig;

  @Option(
      names = "--after",
      required = true,
      paramLabel = "DIR",
      description = "Folder of manifests: all objects; with --cluster those that change or come.")
  private Path after;

  @Mixin private NodeAddressOption nodeAddresses;

  @Mixin private ConnectionOptions connections;

  @Option(
      names = "--output",
      defaultValue = "text",
      paramLabel = "text|json|markdown",
      description = "How it is written; markdown is a summary for a pull request.")
  private Form output;

  @Override
  public Integer call() {
    live |= kubeconfig != null;
    if (live == (before != null)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "either --before DIR or --cluster is needed, and not both");
    }
    Settings settings = NodeRules.settings(Map.of(Setting.NODE, "any"));
    PrintWriter err = spec.commandLine().getErr();
    Manifests old = new ObjectSource("--before", before, kubeconfig).read(err);
    Manifests now = new ObjectSource("--after", after, null).read(err);
    List<Cluster> states =
        List.of(ObjectSource.index(old, settings), after(old, now, settings, ""));
    nodeAddresses.addTo(states);
    Difference difference = Difference.of(states.get(0), states.get(1), connections.query());
    if (old.pods().isEmpty()) {
      err.println("netpol: warning: there are no Pods before, so no connection changes");
    }
    write(new DiffText(difference, rules(old, now, settings), spec.commandLine().getOut()));
    return difference.opens() ? 1 : 0;
  }

  private void write(DiffText text) {
    switch (output) {
      case json -> text.json();
      case markdown -> text.markdown();
      case text -> text.text(Netpol.hasColour());
    }
  }

  private Cluster after(Manifests old, Manifests now, Settings settings, String node) {
    if (!live) {
      return ObjectSource.index(now, settings, node);
    }
    Cluster cluster = ObjectSource.index(old, settings, node);
    now.policies().forEach(cluster::put);
    // A namespace that manifests do not declare is known by its name only.
    now.namespaces().stream()
        .filter(
            namespace ->
                cluster.namespace(namespace.name()).isEmpty()
                    || !namespace.equals(Namespace.named(namespace.name())))
        .forEach(cluster::put);
    return cluster;
  }

  private List<NodeRules> rules(Manifests old, Manifests now, Settings settings) {
    Set<String> nodes = new TreeSet<>();
    Stream.of(old.pods(), live ? List.<Pod>of() : now.pods())
        .flatMap(List::stream)
        .map(Pod::node)
        .filter(node -> !node.isEmpty())
        .forEach(nodes::add);
    List<NodeRules> rules = new ArrayList<>();
    for (String node : nodes) {
      NodeRules each =
          NodeRules.of(
              node,
              ObjectSource.index(old, settings, node),
              after(old, now, settings, node),
              settings);
      if (!each.byTool().isEmpty()) {
        rules.add(each);
      }
    }
    return rules;
  }
}
