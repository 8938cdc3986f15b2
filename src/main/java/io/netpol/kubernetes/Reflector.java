package io.netpol.kubernetes;

import static io.netpol.kubernetes.WatchRequests.encoded;
import static io.netpol.kubernetes.parse.ResourceType.isGiven;
import static java.net.HttpURLConnection.HTTP_BAD_REQUEST;
import static java.net.HttpURLConnection.HTTP_GATEWAY_TIMEOUT;
import static java.net.HttpURLConnection.HTTP_GONE;
import static java.net.HttpURLConnection.HTTP_UNAVAILABLE;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.netpol.kubernetes.WatchRequests.Answer;
import io.netpol.kubernetes.parse.ObjectStream;
import io.netpol.kubernetes.parse.ResourceType;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists one kind of object and watches it, until it is closed: the loop that Kubernetes calls a
 * reflector.
 *
 * <p>A first list costs the API server as little as its version allows: a streamed one, else one
 * from its cache, else pages from its database. After a lost connection it continues from the
 * newest version that an event or bookmark had, whatever the server answers meanwhile; it lists
 * again only if the server no longer has that version.
 */
final class Reflector<T extends HasMetadata> implements Runnable {

  /** Takes what happens. */
  interface Sink<T> {
    /** Takes a new version of an object. */
    void changed(String key, T object);

    /** Takes the last known version of an object that is gone. */
    void deleted(String key, T object);

    /** Is called after each list, when all of it was taken. */
    void listed();

    /** Takes the reason why the server could not be listed or watched. */
    void failed(IOException failure);

    /** Is called when a watch is open, or has ended. */
    void watching(boolean open);
  }

  private static final Logger LOG = LoggerFactory.getLogger(Reflector.class);

  /** The annotation of the bookmark that ends a streamed list. */
  private static final String LIST_END = "k8s.io/initial-events-end";

  private static final int TOO_MANY_REQUESTS = 429;

  /** The status for a request that the server understands and does not support. */
  private static final int UNPROCESSABLE = 422;

  /** The number of changes that wait for the route while the server has to wait, too. */
  private static final int MOST_PENDING = (int) ResourceType.PAGE;

  /** How long a server that does not know streamed lists may be silent. */
  private static final Duration STREAM_SILENCE = Duration.ofSeconds(10);

  /** The time after which a watch that ends at once counts as one that works. */
  private static final Duration SOUND = Duration.ofSeconds(5);

  /** The longest wait before a list that all agents of a cluster may want now, in milliseconds. */
  private static final int SPREAD_MILLIS = 500;

  private static final int WATCH_SECONDS = 300;

  private final String what;
  private final WatchRequests<T> requests;
  private final WatchState<T> state;
  private final WatchLimits limits;
  private final Sink<T> sink;
  private final Backoff backoff =
      new Backoff(System::nanoTime, () -> ThreadLocalRandom.current().nextDouble());

  /** The version to continue from; null if a list is needed. */
  private String version;

  /** The version of the last list or event, which no later list may fall behind; null at first. */
  private String newest;

  /** Whether the server sends streamed lists, as far as known. */
  private boolean streams = true;

  private volatile boolean watching;
  private volatile boolean closed;
  private volatile Answer<T> open;

  /**
   * Makes a reflector that has not listed yet.
   *
   * @param what the route's id, for the log
   */
  Reflector(
      String what,
      WatchRequests<T> requests,
      WatchState<T> state,
      WatchLimits limits,
      Sink<T> sink) {
    this.what = what;
    this.requests = requests;
    this.state = state;
    this.limits = limits;
    this.sink = sink;
  }

  /** Ends the loop soon. Any thread may call it; the caller also interrupts the loop's thread. */
  void close() {
    closed = true;
    Answer<T> current = open;
    if (current != null) {
      current.close();
    }
  }

  /** Returns whether a watch is open, as far as known. */
  boolean isWatching() {
    return watching;
  }

  @Override
  public void run() {
    while (!closed) {
      try {
        if (version == null) {
          list();
        } else {
          watch();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (IOException | RuntimeException e) {
        if (closed || !retryAfter(e instanceof IOException io ? io : new IOException(e))) {
          return;
        }
      }
    }
  }

  /** Reports a failure and waits; returns false if the loop has to end. */
  private boolean retryAfter(IOException failure) {
    try {
      if (failure instanceof BodyStream.SilenceException && version != null) {
        LOG.info(
            "{}: no event for {} s, the watch is reopened", what, limits.silence().toSeconds());
        return true;
      }
      if (failure instanceof RefusalException refusal && refusal.isGone() && version != null) {
        version = null;
        pause(Duration.ofMillis(ThreadLocalRandom.current().nextInt(SPREAD_MILLIS)));
        return true;
      }
      sink.failed(failure);
      RefusalException answer = failure instanceof RefusalException refusal ? refusal : null;
      pause(backoff.next(answer == null, answer == null ? Duration.ZERO : answer.retryAfter()));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void pause(Duration time) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(time.toNanos());
  }

  /** Lists in the cheapest way that the server knows. A streamed list goes on as a watch. */
  private void list() throws IOException, InterruptedException {
    if (streams && stream()) {
      return;
    }
    try {
      list("resourceVersion=" + (newest == null ? "0" : encoded(newest)));
    } catch (RefusalException e) {
      if (!isOfTheRequest(e.code())) {
        throw e;
      }
      LOG.debug("{}: no list from the cache of the API server: {}", what, e.getMessage());
      pause(Duration.ofMillis(ThreadLocalRandom.current().nextInt(SPREAD_MILLIS)));
      list("limit=" + ResourceType.PAGE);
    }
  }

  /**
   * Returns whether a status tells that a request of another form may succeed: this version does
   * not know it, or its cache is behind.
   */
  private static boolean isOfTheRequest(int code) {
    return code == HTTP_BAD_REQUEST
        || code == UNPROCESSABLE
        || code == HTTP_GONE
        || code == HTTP_GATEWAY_TIMEOUT;
  }

  /** Returns whether a server that answers this should be left alone for a while. */
  private static boolean isBusy(int code) {
    return code == TOO_MANY_REQUESTS || code == HTTP_UNAVAILABLE;
  }

  private void list(String query) throws IOException, InterruptedException {
    beginList();
    String next = null;
    String listed;
    do {
      String more =
          isGiven(next) ? "limit=" + ResourceType.PAGE + "&continue=" + encoded(next) : query;
      try (Answer<T> page = opened(more, limits.list())) {
        ObjectStream.ListEnd end = page.objects().list(this::listed);
        listed = end.resourceVersion();
        next = end.next();
      } finally {
        open = null;
      }
    } while (isGiven(next));
    if (!isGiven(listed)) {
      throw new IOException("the list has no resource version");
    }
    version = listed;
    endList();
  }

  /**
   * Lists by a watch that begins with all objects, and goes on with it.
   *
   * @return false if the server does not know that
   */
  private boolean stream() throws IOException, InterruptedException {
    beginList();
    Duration silence = min(limits.list(), STREAM_SILENCE);
    String query =
        "watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
            + "&resourceVersionMatch=NotOlderThan&resourceVersion="
            + (newest == null ? "" : encoded(newest))
            + "&timeoutSeconds="
            + seconds();
    try (Answer<T> answer = opened(query, silence)) {
      try {
        if (!initialEvents(answer)) {
          throw new IOException("the connection ended within the list");
        }
      } catch (BodyStream.SilenceException e) {
        // It ignores what it does not know, and began an ordinary watch.
        LOG.info("{}: the API server does not stream lists", what);
        streams = false;
        return false;
      } catch (RefusalException e) {
        answer.finish();
        throw e;
      }
      endList();
      follow(answer);
      return true;
    } catch (RefusalException e) {
      if (version != null || e.isDenied() || isBusy(e.code())) {
        throw e;
      }
      // 500, too: with an old etcd the server cannot tell when a stream is complete.
      LOG.debug("{}: no streamed list: {}", what, e.getMessage());
      return false;
    } finally {
      ended();
    }
  }

  /** Takes the objects that exist; returns whether their end came. */
  private boolean initialEvents(Answer<T> answer) throws IOException, InterruptedException {
    ObjectStream.Event<T> event = answer.objects().event();
    while (event != null) {
      check(event);
      ObjectMeta metadata = event.object().getMetadata();
      if (event.type().equals("BOOKMARK")) {
        Map<String, String> annotations = metadata.getAnnotations();
        if (annotations != null && "true".equals(annotations.get(LIST_END))) {
          version = metadata.getResourceVersion();
          return true;
        }
      } else if (event.type().equals("DELETED")) {
        deleted(event.object());
      } else {
        listed(event.object());
      }
      event = answer.objects().event();
    }
    return false;
  }

  private void beginList() {
    state.known().beginList();
  }

  /** Takes an object of a list, as soon as the route has taken most of those before. */
  private void listed(T object) throws IOException, InterruptedException {
    if (closed) {
      throw new IOException("closed");
    }
    state.pending().awaitRoom(MOST_PENDING);
    String key = ObjectStore.key(object);
    state.first().listed(key, object);
    changed(key, object);
  }

  private void endList() {
    newest = version;
    backoff.reset();
    for (T gone : state.known().unlisted()) {
      deleted(gone);
    }
    state.first().complete();
    state.lastContact().now();
    sink.listed();
  }

  private void watch() throws IOException, InterruptedException {
    String query =
        "watch=true&allowWatchBookmarks=true&resourceVersion="
            + encoded(version)
            + "&timeoutSeconds="
            + seconds();
    try (Answer<T> answer = opened(query, min(limits.list(), limits.silence()))) {
      follow(answer);
    } finally {
      ended();
    }
  }

  private static int seconds() {
    return WATCH_SECONDS + ThreadLocalRandom.current().nextInt(WATCH_SECONDS);
  }

  /** Takes the events of an open watch until it ends. */
  private void follow(Answer<T> answer) throws IOException {
    long start = System.nanoTime();
    answer.body().setSilence(limits.silence());
    watching = true;
    state.lastContact().now();
    sink.watching(true);
    boolean heard = false;
    ObjectStream.Event<T> event = answer.objects().event();
    while (event != null) {
      check(event);
      heard = true;
      backoff.reset();
      state.lastContact().now();
      take(event);
      event = answer.objects().event();
    }
    if (!heard && System.nanoTime() - start < SOUND.toNanos()) {
      throw new IOException("the API server ended the watch at once");
    }
    backoff.reset();
  }

  private void take(ObjectStream.Event<T> event) {
    T object = event.object();
    if (event.type().equals("DELETED")) {
      deleted(object);
    } else if (!event.type().equals("BOOKMARK")) {
      changed(ObjectStore.key(object), object);
    }
    String now = object.getMetadata().getResourceVersion();
    if (isGiven(now)) {
      version = now;
      newest = now;
    }
  }

  private static void check(ObjectStream.Event<? extends HasMetadata> event) throws IOException {
    Status failure = event.failure();
    if (failure != null) {
      int code = failure.getCode() == null ? 0 : failure.getCode();
      throw new RefusalException(code, failure.getMessage(), Duration.ZERO);
    }
  }

  private void changed(String key, T object) {
    if (state.known().put(key, object)) {
      sink.changed(key, object);
    }
  }

  private void deleted(T object) {
    String key = ObjectStore.key(object);
    if (state.known().remove(key)) {
      sink.deleted(key, object);
    }
  }

  private Answer<T> opened(String query, Duration silence)
      throws IOException, InterruptedException {
    Answer<T> answer = requests.open(query, silence);
    open = answer;
    if (closed) {
      answer.close();
    }
    return answer;
  }

  private void ended() {
    open = null;
    if (watching) {
      watching = false;
      sink.watching(false);
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
