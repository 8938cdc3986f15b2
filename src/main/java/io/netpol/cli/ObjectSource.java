package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.ApiServer;
import io.netpol.kubernetes.ApiServerAccess;
import io.netpol.kubernetes.manifest.ManifestException;
import io.netpol.kubernetes.manifest.Manifests;
import io.netpol.model.Kind;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options of the commands that look at objects: where these come from. */
final class ObjectSource {

  @Option(
      names = "--manifests",
      paramLabel = "DIR",
      description =
          "Folder of YAML or JSON files with Namespaces, Pods, Nodes and NetworkPolicies; other"
              + " kinds and API groups are passed over.")
  private Path manifests;

  @Option(
      names = "--cluster",
      description = "The live cluster; so it is too where neither is given.")
  private boolean live;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "How to reach the live cluster; without it as kubectl does.")
  private String kubeconfig;

  private String folderOption = "--manifests";

  /** For picocli. */
  ObjectSource() {}

  /**
   * A folder; or where it is null the live cluster, through a kubeconfig that may be null.
   *
   * @param folderOption the command's option for folders
   */
  ObjectSource(String folderOption, Path manifests, String kubeconfig) {
    this.folderOption = folderOption;
    this.manifests = manifests;
    this.kubeconfig = kubeconfig;
  }

  /** Whether objects of a folder or of the live cluster were asked for in so many words. */
  boolean isGiven() {
    return manifests != null || live || kubeconfig != null;
  }

  /** The objects, as of now; what is odd about them is told to the writer. */
  Manifests read(PrintWriter err) {
    return read(err, true);
  }

  /**
   * The same.
   *
   * @param strict whether to fail on the first object that is refused
   */
  Manifests read(PrintWriter err, boolean strict) {
    if (manifests != null && (live || kubeconfig != null)) {
      throw new BadInputException("--manifests, or --cluster with --kubeconfig: not both");
    }
    try {
      Manifests read =
          manifests == null
              ? live()
              : strict ? Manifests.read(manifests) : Manifests.readAll(manifests);
      read.remarks().forEach(warning -> err.println("netpol: warning: " + warning));
      err.flush();
      return read;
    } catch (ManifestException e) {
      throw new BadInputException(e.getMessage());
    }
  }

  private Manifests live() throws ManifestException {
    String file = kubeconfig != null ? kubeconfig : settings().get(Setting.KUBECONFIG);
    String otherwise = "give --kubeconfig FILE, or " + folderOption + " DIR for objects in files";
    try (ApiServer api = ApiServer.once(new ApiServerAccess(file, otherwise))) {
      return api.list();
    }
  }

  /** The settings as the agent would have them here. */
  static Settings settings() {
    Map<Setting, String> overrides = new EnumMap<>(Setting.class);
    return Settings.load(Netpol.home(), System.getenv(), overrides);
  }

  /** The index of the objects, all of them listed. */
  static Cluster index(Manifests read, Settings settings) {
    return index(read, settings, "");
  }

  /** The same as the agent of a node has it. */
  static Cluster index(Manifests read, Settings settings, String node) {
    Cluster cluster = new Cluster(node, settings.defaultIsolation(), settings.audits());
    read.namespaces().forEach(cluster::put);
    read.nodes().forEach(cluster::put);
    read.pods().forEach(cluster::put);
    read.policies().forEach(cluster::put);
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }
}
