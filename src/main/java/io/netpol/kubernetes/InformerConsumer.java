package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.impl.BaseClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.impl.DefaultSharedIndexInformer;
import io.netpol.kubernetes.parse.ResourceType;
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
 * Sends every object of one kind to a route: the existing ones, and each change from then on.
 *
 * <p>Body and headers are those of the consumers of camel-kubernetes, and {@link
 * WatchedObjectsConstants#KIND}. Those consumers open one raw watch and fall silent when it ends.
 * This one lists, watches, and lists again after a gap, and reports what was added, changed and
 * deleted in between. Pending changes of one object are merged. A change for which the route fails
 * is retried until it succeeds. The state outlives a stop of the route: after the next start, the
 * consumer sends the differences, and the end of the list.
 */
final class InformerConsumer<T extends HasMetadata> extends DefaultConsumer {

  /** The time that a stop waits for the exchange in progress. */
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
   * Makes a consumer that is not started.
   *
   * @param state the state of the endpoint, because a route that is started again has a new
   *     consumer
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
          return true; // retry, whatever it is
        });
    informer.removeNamespaceIndex(); // no index by namespace is needed
    informer.addEventHandler(new Enqueue());
    informer.itemStore(
        state.known()); // after the handler, which would otherwise receive skeletons as objects
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

  /**
   * Returns whether the name is the requested one: not every server supports the field selector.
   */
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
      if (action == Watcher.Action.ADDED && state.first().has((HasMetadata) body)) {
        exchange.getIn().setHeader(WatchedObjectsConstants.FIRST_LIST, true);
      }
      getProcessor().process(exchange);
      if (exchange.getException() != null) {
        throw exchange.getException();
      }
      if (exchange.isRollbackOnly()) {
        throw new RollbackExchangeException(exchange);
      }
      if (body instanceof HasMetadata object) {
        state.first().delivered(object);
      } else {
        state.first().ended();
      }
    } finally {
      releaseExchange(exchange, false);
    }
  }

  /** Enqueues the events of the informer: a slow route must not block its threads. */
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
