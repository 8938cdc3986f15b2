package io.netpol.kubernetes;

import static java.net.HttpURLConnection.HTTP_GONE;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.internal.AbstractWatchManager;
import io.fabric8.kubernetes.client.dsl.internal.WatchConnectionManager;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.informers.impl.ListerWatcher;
import io.netpol.kubernetes.parse.ResourceType;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists and watches for an informer, and records each contact with the API server.
 *
 * <p>The client itself sends no pings, has no timeout for a list that stalls, and would detect a
 * dead watch only after ten minutes.
 */
final class MonitoredListerWatcher<T extends HasMetadata>
    implements ListerWatcher<T, KubernetesResourceList<T>> {

  private static final Logger LOG = LoggerFactory.getLogger(MonitoredListerWatcher.class);

  /** The wait for the answer to a close; the transport gives up after 10 s. */
  private static final int CLOSE_MILLIS = 15_000;

  /** The number of pending objects, half a page, at which the next page is requested. */
  private static final int FEW = (int) ResourceType.PAGE / 2;

  private static final String STOPPED = "the consumer was stopped";

  private final String what;
  private final ListerWatcher<T, KubernetesResourceList<T>> source;
  private final LastContact lastContact;
  private final WorkQueue<T> pending;
  private final FirstList first;
  private final WatchLimits limits;

  private final Consumer<Throwable> failed;

  private volatile AbstractWatchManager<T> watch;
  private volatile Watcher<T> watcher;
  private volatile boolean closed;
  private CompletableFuture<WebSocket> opened;

  /** The time of the last reopening by {@link System#nanoTime()}; null if there was none. */
  private Long reopened;

  /**
   * Makes a source that has not listed yet.
   *
   * @param what the route's id, for the log
   * @param failed receives the reason why a watch could not be reopened
   */
  MonitoredListerWatcher(
      String what,
      ListerWatcher<T, KubernetesResourceList<T>> source,
      WatchState<T> state,
      WatchLimits limits,
      Consumer<Throwable> failed) {
    this.what = what;
    this.source = source;
    this.lastContact = state.lastContact();
    this.pending = state.pending();
    this.first = state.first();
    this.limits = limits;
    this.failed = failed;
  }

  /**
   * Requests the next page when the route has processed most of the last one: until then, the rest
   * waits in the server.
   */
  @Override
  public CompletableFuture<KubernetesResourceList<T>> submitList(ListOptions options) {
    boolean further = options.getContinue() != null && !options.getContinue().isEmpty();
    CompletableFuture<Void> room =
        further && !closed ? pending.whenAtMost(FEW) : CompletableFuture.completedFuture(null);
    return room.thenCompose(has -> closed ? noLonger() : page(options));
  }

  private CompletableFuture<KubernetesResourceList<T>> page(ListOptions options) {
    return source
        .submitList(options)
        .orTimeout(limits.list().toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(
            page -> {
              if (closed) { // else the store, which outlives this object, would contain objects
                // that were never sent
                throw new CancellationException(STOPPED);
              }
              String next = page.getMetadata() == null ? null : page.getMetadata().getContinue();
              boolean last = next == null || next.isEmpty();
              first.listed(page.getItems(), last);
              if (last) {
                lastContact.now();
              }
              return page;
            });
  }

  private static <V> CompletableFuture<V> noLonger() {
    return CompletableFuture.failedFuture(new CancellationException(STOPPED));
  }

  /** Stops a list in progress, because the informer is stopped. */
  void close() {
    closed = true;
  }

  @Override
  public CompletableFuture<AbstractWatchManager<T>> submitWatch(
      ListOptions options, Watcher<T> informer) {
    watcher = informer;
    options.setAllowWatchBookmarks(
        true); // explicitly, because the client hides bookmarks otherwise
    return source
        .submitWatch(options, new MonitoredWatcher(informer))
        .thenApply(
            manager -> {
              manager.setWatchEndCheckMs(CLOSE_MILLIS);
              lastContact.now();
              watch = manager;
              return manager;
            });
  }

  /** Returns whether a watch is open, as far as known. */
  boolean isWatching() {
    AbstractWatchManager<T> current = watch;
    return current != null && current.isWatching();
  }

  /**
   * Records a watch that the client has reopened, and closes a silent one. Called by one thread
   * only.
   */
  void look() {
    AbstractWatchManager<T> current = watch;
    if (current == null) {
      return;
    }
    if (current instanceof WatchConnectionManager<?, ?> sockets) {
      CompletableFuture<WebSocket> socket = sockets.getWebsocketFuture();
      if (socket != opened && socket != null && socket.isDone()) {
        opened = socket;
        if (socket.isCompletedExceptionally()) {
          refused(current, socket.handle((open, failure) -> failure).getNow(null));
        } else {
          lastContact.now();
        }
      }
    }
    Duration silence = lastContact.age();
    boolean again = reopened == null || System.nanoTime() - reopened > limits.silence().toNanos();
    if (silence.compareTo(limits.silence()) > 0 && again && current.isWatching()) {
      reopened = System.nanoTime();
      LOG.info("{}: no event for {} s, the watch is reopened", what, silence.toSeconds());
      current.closeRequest();
    }
  }

  /**
   * Lists again after status 410, because the client retries the same old version for ever if the
   * response is not a watch event.
   */
  private void refused(AbstractWatchManager<T> current, Throwable failure) {
    failed.accept(failure);
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof KubernetesClientException e && e.getCode() == HTTP_GONE) {
      current.close();
      watcher.onClose(new WatcherException("the version to watch from is gone", e)); // lists again
    }
  }

  @Override
  public Long getLimit() {
    return source.getLimit();
  }

  @Override
  public int getWatchReconnectInterval() {
    return source.getWatchReconnectInterval();
  }

  @Override
  public String getApiEndpointPath() {
    return source.getApiEndpointPath();
  }

  @Override
  public Config getConfig() {
    return source.getConfig();
  }

  /** Passes events to the informer's watcher, except bookmarks, which only prove contact. */
  private final class MonitoredWatcher implements Watcher<T> {

    private final Watcher<T> informer;

    MonitoredWatcher(Watcher<T> informer) {
      this.informer = informer;
    }

    @Override
    public void eventReceived(Action action, T object) {
      if (action != Action.ERROR) {
        lastContact.now();
      }
      if (action != Action.BOOKMARK) {
        informer.eventReceived(action, object);
      }
    }

    @Override
    public boolean reconnecting() {
      return informer.reconnecting();
    }

    @Override
    public void onClose(WatcherException cause) {
      informer.onClose(cause);
    }

    @Override
    public void onClose() {
      informer.onClose();
    }
  }
}
