package io.netpol.lab;

import io.netpol.cli.Agent;
import io.netpol.cli.Netpol;
import io.netpol.cli.RoutesFolder;
import io.netpol.kubernetes.ApiServer;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Holds the example cluster in namespaces of this machine, with an API server that has its objects
 * and an agent on each node.
 *
 * @param lab the nodes, pods and hosts
 * @param prober listens in all of them
 * @param api holds the objects
 * @param agents where the agent of each node answers, by the node's name
 */
record DemoEnvironment(
    LabNetwork lab, Prober prober, EmbeddedApiServer api, Map<String, URI> agents) {

  /**
   * Sets the environment.
   *
   * @param resources takes it down again
   * @param temporary a folder for what the agents write
   * @param say takes a line about each thing that takes its time
   */
  static DemoEnvironment set(DemoResources resources, Path temporary, Consumer<String> say)
      throws Exception {
    int swept = LabNetwork.sweep().size();
    if (swept > 0) {
      say.accept(
          String.format(
              Locale.ROOT, "Removed %d namespaces that a killed process left behind.", swept));
    }
    LabPlan plan = ExampleCluster.plan();
    say.accept(
        String.format(
            Locale.ROOT,
            "Building a network of namespaces: %d nodes, %d pods, %d host outside ...",
            plan.nodes().size(),
            plan.pods().size(),
            plan.outsides().size()));
    LabNetwork lab = resources.keep(LabNetwork.start(plan));
    Prober prober =
        resources.keep(Prober.start(lab, Set.of(ExampleCluster.TCP_PORT, ExampleCluster.UDP_PORT)));
    say.accept("Starting an API server, and an agent on each node ...");
    EmbeddedApiServer api = resources.keep(EmbeddedApiServer.start());
    ExampleCluster.objects().forEach(object -> api.client().resource(object).create());
    Map<String, URI> agents = new LinkedHashMap<>();
    for (LabPlan.Node node : plan.nodes()) {
      ApiServer connection = resources.keep(ApiServer.watched(api.config()));
      Settings settings = settings(lab, node.name(), temporary);
      agents.put(node.name(), URI.create("http://127.0.0.1:" + settings.get(Setting.HTTP_PORT)));
      Agent agent = new Agent(settings, connection);
      resources.keep(agent::stop);
      agent.start();
    }
    say.accept("Ready.");
    return new DemoEnvironment(lab, prober, api, agents);
  }

  private static Settings settings(LabNetwork lab, String node, Path temporary) throws IOException {
    Path home = Netpol.home();
    String routes = home == null ? "routes" : home.resolve("routes").toString();
    RoutesFolder.check(routes);
    String inside = lab.inside(node);
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    settings.put(Setting.NODE, node);
    settings.put(Setting.ROUTES, routes);
    settings.put(Setting.ROUTES_RELOAD, "on");
    settings.put(Setting.DEAD_LETTERS, temporary.resolve("dead-letters-" + node).toString());
    settings.put(Setting.HTTP_PORT, Integer.toString(freePort()));
    settings.put(Setting.COMMAND_IPSET, inside + "ipset");
    settings.put(Setting.COMMAND_CONNTRACK, inside + "conntrack");
    settings.put(Setting.COMMAND_IPTABLES, inside + "iptables-nft-restore");
    settings.put(Setting.COMMAND_IP6TABLES, inside + "ip6tables-nft-restore");
    // The names of threads tell the agents apart, in the log that both write to.
    return Settings.of(
        settings,
        Map.of(
            "camel.main.name", "camel-netpol-" + node,
            "camel.main.threadNamePattern", node + " #name#"));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
