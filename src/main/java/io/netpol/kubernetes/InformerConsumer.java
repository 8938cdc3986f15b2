package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.impl.BaseClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.impl.DefaultSharedIndexInformer;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.RollbackExchangeException;
import org.apache.camel.component.kubernetes.AbstractKubernetesEndpoint;
import org.apache.camel.component.kubernetes.KubernetesConstants;
import org.apache.camel.spi.ExecutorServiceManager;
import org.apache.camel.support.DefaultConsumer;

/**
 * Tells a route of every object of one kind: those there are, and each change from then on.
 *
 * <p>Body and headers are those of the consumers of camel-kubernetes, and {@link
 * WatchedObjectsConstants#KIND}. Those keep one raw watch and fall silent where it ends. This one
 * lists, watches, and lists again after a gap, and reports what was added, changed and deleted in
 * between. Changes of one object that the route has not taken yet become one. A change that the
 * route fails for is sent again until it is taken. What it knows outlives a stop of the route:
 * after the next start it tells what differs, and the end of the list.
 */
final class InformerConsumer<T extends HasMetadata> extends DefaultConsumer {

  /** How long a stop waits for the exchange that is being processed. */
  private static final Duration STOP_WAIT = Duration.ofSeconds(10);

  private final WatchState<T> state;
  private final boolean endOfList;

  private WatchHealth health;
  private ExecutorService executor;
  private EventLoop<T> deliveries;
  private WatchLimits limits;
  private SharedIndexInformer<T> informer;
  private volatile MonitoredListerWatcher<T> source;

  /**
   * A consumer that is not started.
   *
   * @param state the endpoint's, as a route that is started again has another consumer
   * @param endOfList whether to send the end of the list
   */
  InformerConsumer(
      AbstractKubernetesEndpoint endpoint,
      Processor processor,
      WatchState<T> state,
      boolean endOfList) {
    super(endpoint, processor);
    this.state = state;
    this.endOfList = endOfList;
  }

  @Override
  public AbstractKubernetesEndpoint getEndpoint() {
    return (AbstractKubernetesEndpoint) super.getEndpoint();
  }

  @Override
  protected void doInit() throws Exception {
    super.doInit();
    WatchLimits bound =
        getEndpoint().getCamelContext().getRegistry().findSingleByType(WatchLimits.class);
    limits = bound == null ? WatchLimits.DEFAULT : bound;
    health =
        new WatchHealth(
            name(),
            state.watched().kind(),
            this::isWatching,
            state.pending()::backlog,
            state.lastContact()::age,
            limits.maxAge());
    health.setCamelContext(getEndpoint().getCamelContext());
    setHealthCheck(health);
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    EventLoop<T> loop =
        new EventLoop<>(name(), state, this::isWanted, this::send, endOfList, this::look);
    deliveries = loop;
    executor = executors().newSingleThreadExecutor(this, "KubernetesConsumer");
    executor.execute(loop);
    KubernetesClient client = getEndpoint().getKubernetesClient();
    health.asks(String.valueOf(client.getMasterUrl()));
    ResourceType<T> watched = state.watched();
    source =
        new MonitoredListerWatcher<>(
            name(),
            watched.source(client, getEndpoint().getKubernetesConfiguration()),
            state,
            limits,
            health::failed);
    informer =
        new DefaultSharedIndexInformer<>(
            watched.type(), source, 0, client.adapt(BaseClient.class).getExecutor());
    informer.exceptionHandler(
        (started, failure) -> {
          health.failed(failure);
          return true; // go on trying, whatever it is
        });
    informer.removeNamespaceIndex(); // nobody asks by namespace
    informer.addEventHandler(new Enqueue());
    informer.itemStore(state.known()); // after the handler, or its skeletons are told as objects
    informer
        .start()
        .thenRun(
            () -> {
              health.synced();
              loop.listComplete();
            });
  }

  @Override
  protected void doStop() throws Exception {
    if (informer != null) {
      source.close();
      informer.stop();
      informer = null;
      source = null;
    }
    if (executor != null) {
      deliveries.stop();
      executors().shutdownGraceful(executor, STOP_WAIT.toMillis());
      executor = null;
    }
    health.stopped();
    super.doStop();
  }

  private ExecutorServiceManager executors() {
    return getEndpoint().getCamelContext().getExecutorServiceManager();
  }

  private String name() {
    return getRouteId() == null ? getEndpoint().getEndpointUri() : getRouteId();
  }

  private boolean isWatching() {
    MonitoredListerWatcher<T> current = source;
    return current != null && current.isWatching();
  }

  private void look() {
    MonitoredListerWatcher<T> current = source;
    if (current != null) {
      current.look();
    }
    health.look();
  }

  /** Returns whether the name is the one asked for: not every server honours the field selector. */
  private boolean isWanted(String key) {
    String only = getEndpoint().getKubernetesConfiguration().getResourceName();
    return !ResourceType.isGiven(only) || key.substring(key.indexOf('/') + 1).equals(only);
  }

  private void send(Object body, Object action, long receivedMillis) throws Exception {
    Exchange exchange = createExchange(false);
    try {
      exchange.getIn().setBody(body);
      exchange.getIn().setHeader(WatchedObjectsConstants.KIND, state.watched().kind());
      exchange.getIn().setHeader(KubernetesConstants.KUBERNETES_EVENT_ACTION, action);
      exchange.getIn().setHeader(KubernetesConstants.KUBERNETES_EVENT_TIMESTAMP, receivedMillis);
      getProcessor().process(exchange);
      if (exchange.getException() != null) {
        throw exchange.getException();
      }
      if (exchange.isRollbackOnly()) {
        throw new RollbackExchangeException(exchange);
      }
    } finally {
      releaseExchange(exchange, false);
    }
  }

  /** The informer's threads only enqueue: a slow route must not keep it from listening. */
  private final class Enqueue implements ResourceEventHandler<T> {

    @Override
    public void onAdd(T object) {
      add(object, false);
    }

    @Override
    public void onUpdate(T old, T object) {
      add(object, false);
    }

    @Override
    public void onDelete(T object, boolean unknownFinalState) {
      add(object, true);
    }

    private void add(T object, boolean deleted) {
      String key = state.known().getKey(object);
      if (isWanted(key)) {
        state.pending().add(key, object, deleted);
      }
    }
  }
}
