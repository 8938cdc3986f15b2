import io.netpol.dataplane.Dataplane;
import io.netpol.index.Cluster;
import io.netpol.index.EndOfSnapshot;
import io.netpol.model.Kind;
import io.netpol.route.flow.AddressHolders;
import io.netpol.route.flow.IndexUpdater;
import io.netpol.route.apply.MergeStrategy;
import io.netpol.route.flow.NodePresence;
import io.netpol.route.apply.PendingTimer;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Processor;
import org.apache.camel.main.Main;

/** Runs the pipeline's routes alone, without a cluster and a kernel: see docs/routes.md. */
public class OneRoute {
  public static void main(String... args) throws Exception {
    Settings settings = Settings.of(Map.of(Setting.NODE, "n1"));
    Cluster cluster = new Cluster(settings.node(), settings.defaultIsolation());
    Dataplane dataplane = settings.dataplane().create(cluster, settings.renderOptions());
    NodePresence node = new NodePresence(cluster, Set::of);
    IndexUpdater enrich = new IndexUpdater(cluster, new AddressHolders(cluster), dataplane, node);
    Main main = new Main();
    main.bind("enrich", enrich);
    PendingTimer timer = new PendingTimer(Thread::new);
    main.bind("pendingTimer", timer);
    main.bind("mergeRequests", new MergeStrategy(enrich, null, timer));
    main.bind("connections", new NoConnections());
    main.bind("noticeOfPolicy", (Processor) exchange -> {});
    main.bind("listed", Arrays.stream(Kind.values()).map(EndOfSnapshot::new).toList());
    main.addInitialProperty("netpol.batch.interval", settings.get(Setting.BATCH_INTERVAL));
    main.addInitialProperty("netpol.retry.delay", settings.get(Setting.RETRY_DELAY));
    main.configure().withRoutesIncludePattern(
        "file:routes/errors.camel.yaml,file:routes/pipeline.camel.yaml,file:examples/one-route/*.camel.yaml");
    main.run(args);
  }

  public static class NoConnections {
    public boolean isDue() {
      return false;
    }
  }
}
