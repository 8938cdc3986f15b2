package io.netpol.cli;

import io.netpol.dataplane.Dataplane;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.ApiServer;
import io.netpol.kubernetes.WatchLimits;
import io.netpol.observe.Bridges;
import io.netpol.route.apply.BridgeLearning;
import io.netpol.route.flow.AddressHolders;
import io.netpol.route.flow.IndexUpdater;
import io.netpol.route.flow.LintLog;
import io.netpol.route.flow.NodePresence;
import io.netpol.route.flow.PolicyClassifier;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import org.apache.camel.BindToRegistry;
import org.apache.camel.CamelContext;

/** Binds what hears of the cluster, what knows it, and what its kernel is to have. */
final class KnowledgeConfiguration {

  @BindToRegistry final Cluster cluster;
  @BindToRegistry final Dataplane dataplane;
  @BindToRegistry final WatchLimits limits;
  @BindToRegistry final IndexUpdater enrich;
  @BindToRegistry final PolicyClassifier classify = new PolicyClassifier();
  @BindToRegistry final LintLog lintLog;
  @BindToRegistry final BridgeLearning bridgeLearning;

  final ApiServer api;
  final AddressHolders holders;
  final NodePresence presence;

  /** For a context that is not configured yet. */
  KnowledgeConfiguration(Settings settings, ApiServer api, CamelContext context) {
    this.api = api;
    cluster = new Cluster(settings.node(), settings.defaultIsolation(), settings.audits());
    dataplane = settings.dataplane().create(cluster, settings.renderOptions());
    limits =
        new WatchLimits(
            settings.millis(Setting.LIST_TIMEOUT),
            settings.millis(Setting.WATCH_SILENCE),
            settings.millis(Setting.CACHE_MAX_STALENESS));
    holders = new AddressHolders(cluster);
    presence = new NodePresence(cluster, HostAddresses::now);
    enrich = new IndexUpdater(cluster, holders, dataplane, presence);
    lintLog = new LintLog(cluster);
    bridgeLearning =
        new BridgeLearning(
            cluster,
            dataplane,
            settings.renderOptions().bridge().filter(),
            settings.millis(Setting.RESYNC_INTERVAL),
            new Bridges()::areFiltered,
            System::nanoTime);
    api.bind(context);
  }
}
