package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.netpol.kubernetes.parse.ResourceType;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
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
final class WatchConsumer<T extends HasMetadata> extends DefaultConsumer {

  /** The time that a stop waits for the exchange in progress. */
  private static final Duration STOP_WAIT = Duration.ofSeconds(10);

  private final WatchState<T> state;
  private final boolean endOfList;

  private WatchHealth health;
  private ExecutorService executor;
  private EventLoop<T> deliveries;
  private WatchLimits limits;
  private ExecutorService watcher;
  private volatile Reflector<T> reflector;

  /**
   * Makes a consumer that is not started.
   *
   * @param state the state of the endpoint, because a route that is started again has a new
   *     consumer
   * @param endOfList whether to send the end of the list
   */
  WatchConsumer(
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
    OutageLog log = getEndpoint().getCamelContext().getRegistry().findSingleByType(OutageLog.class);
    health =
        new WatchHealth(
            name(),
            state.watched().kind(),
            this::isWatching,
            state.pending()::backlog,
            state.lastContact()::age,
            limits.maxAge(),
            log == null ? new OutageLog() : log);
    health.setCamelContext(getEndpoint().getCamelContext());
    setHealthCheck(health);
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    EventLoop<T> loop =
        new EventLoop<>(name(), state, this::isWanted, this::send, endOfList, health::look);
    deliveries = loop;
    executor = executors().newSingleThreadExecutor(this, "KubernetesConsumer");
    executor.execute(loop);
    KubernetesClient client = getEndpoint().getKubernetesClient();
    health.asks(String.valueOf(client.getMasterUrl()));
    WatchRequests<T> requests =
        new WatchRequests<>(state.watched(), client, getEndpoint().getKubernetesConfiguration());
    reflector = new Reflector<>(name(), requests, state, limits, new Enqueue(loop));
    watcher = executors().newSingleThreadExecutor(this, "KubernetesWatch");
    watcher.execute(reflector);
  }

  @Override
  protected void doStop() throws Exception {
    if (watcher != null) {
      reflector.close();
      executors().shutdownNow(watcher);
      watcher.awaitTermination(STOP_WAIT.toMillis(), TimeUnit.MILLISECONDS);
      watcher = null;
      reflector = null;
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
    Reflector<T> current = reflector;
    return current != null && current.isWatching();
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

  /** Enqueues what happens: a slow route must not block the watch. */
  private final class Enqueue implements Reflector.Sink<T> {

    private final EventLoop<T> loop;
    private boolean first = true;

    Enqueue(EventLoop<T> loop) {
      this.loop = loop;
    }

    @Override
    public void changed(String key, T object) {
      add(key, object, false);
    }

    @Override
    public void deleted(String key, T object) {
      add(key, object, true);
    }

    private void add(String key, T object, boolean deleted) {
      if (isWanted(key)) {
        state.pending().add(key, object, deleted);
      }
    }

    @Override
    public void listed() {
      if (first) {
        first = false;
        health.synced();
        loop.listComplete();
      }
    }

    @Override
    public void failed(IOException failure) {
      health.failed(failure);
    }

    @Override
    public void watching(boolean open) {
      health.look();
    }
  }
}
