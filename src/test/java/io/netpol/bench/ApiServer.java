package io.netpol.bench;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.kubernetes.Kubeconfig;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;

/**
 * As much of an API server as an agent asks of one: streamed lists, lists in pages, and watches
 * that go on from a resource version. It answers from bytes that were made beforehand, and notes
 * when it sends.
 */
final class ApiServer implements AutoCloseable {

  /** A kind of object that it serves. */
  enum Resource {
    PODS("/api/v1/pods", "v1", "PodList"),
    NAMESPACES("/api/v1/namespaces", "v1", "NamespaceList"),
    NODES("/api/v1/nodes", "v1", "NodeList"),
    POLICIES(
        "/apis/networking.k8s.io/v1/networkpolicies", "networking.k8s.io/v1", "NetworkPolicyList");

    private final String path;
    private final String apiVersion;
    private final String listKind;

    Resource(String path, String apiVersion, String listKind) {
      this.path = path;
      this.apiVersion = apiVersion;
      this.listKind = listKind;
    }

    static Resource of(HasMetadata object) {
      return switch (object.getKind()) {
        case "Pod" -> PODS;
        case "Namespace" -> NAMESPACES;
        case "Node" -> NODES;
        case "NetworkPolicy" -> POLICIES;
        default -> throw new IllegalArgumentException("not served: " + object.getKind());
      };
    }
  }

  /** Events that a watch can still start behind. */
  private static final int REMEMBERED = 10_000;

  private record Event(long version, byte[] text) {}

  private static final class Store {
    final ConcurrentSkipListMap<String, byte[]> objects = new ConcurrentSkipListMap<>();
    final Deque<Event> events = new ArrayDeque<>();
    final List<HttpServerResponse> watches = new ArrayList<>();
  }

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final Context loop = vertx.getOrCreateContext();
  private final Map<Resource, Store> stores = new java.util.EnumMap<>(Resource.class);
  private final HttpServer server;
  private volatile long version = 1;

  private ApiServer() throws Exception {
    for (Resource resource : Resource.values()) {
      stores.put(resource, new Store());
    }
    server = vertx.createHttpServer().requestHandler(this::handle);
    onLoop(() -> server.listen(0, "127.0.0.1"))
        .get(10, TimeUnit.SECONDS)
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  /** Starts one on a free port of the loopback address that has the objects of a load. */
  static ApiServer start(GeneratedLoad load) throws Exception {
    ApiServer server = new ApiServer();
    load.all().forEach(server::store);
    return server;
  }

  int port() {
    return server.actualPort();
  }

  /** A kubeconfig file's text that leads here. */
  String kubeconfig() {
    return Kubeconfig.to("http://127.0.0.1:" + port());
  }

  /** Sends that an object came; the result is {@link System#nanoTime()} just before. */
  CompletableFuture<Long> added(HasMetadata object) {
    return event("ADDED", object);
  }

  /** The same, that it changed. */
  CompletableFuture<Long> modified(HasMetadata object) {
    return event("MODIFIED", object);
  }

  /** The same, that it went. */
  CompletableFuture<Long> deleted(HasMetadata object) {
    return event("DELETED", object);
  }

  /** How many watches are open. */
  int watches() throws Exception {
    return onLoop(() -> stores.values().stream().mapToInt(store -> store.watches.size()).sum())
        .get(10, TimeUnit.SECONDS);
  }

  private CompletableFuture<Long> event(String type, HasMetadata object) {
    Store store = stores.get(Resource.of(object));
    String key = key(object);
    byte[] body = bytes(object, ++version);
    Event event = new Event(version, event(type, body));
    return onLoop(
        () -> {
          if (type.equals("DELETED")) {
            store.objects.remove(key);
          } else {
            store.objects.put(key, body);
          }
          store.events.add(event);
          if (store.events.size() > REMEMBERED) {
            store.events.remove();
          }
          long now = System.nanoTime();
          store.watches.forEach(watch -> watch.write(Buffer.buffer(event.text())));
          return now;
        });
  }

  private <T> CompletableFuture<T> onLoop(java.util.concurrent.Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    loop.runOnContext(
        ignored -> {
          try {
            result.complete(work.call());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private void store(HasMetadata object) {
    stores.get(Resource.of(object)).objects.put(key(object), bytes(object, ++version));
  }

  private static String key(HasMetadata object) {
    String namespace = object.getMetadata().getNamespace();
    return (namespace == null ? "" : namespace) + "/" + object.getMetadata().getName();
  }

  private static byte[] bytes(HasMetadata object, long version) {
    object.getMetadata().setResourceVersion(Long.toString(version));
    return Serialization.asJson(object).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] event(String type, byte[] object) {
    return Buffer.buffer(object.length + 40)
        .appendString("{\"type\":\"" + type + "\",\"object\":")
        .appendBytes(object)
        .appendString("}\n")
        .getBytes();
  }

  private void handle(HttpServerRequest request) {
    for (Resource resource : Resource.values()) {
      if (request.path().equals(resource.path)) {
        if ("true".equals(request.getParam("watch"))) {
          watch(request, resource);
        } else {
          list(request, resource);
        }
        return;
      }
    }
    request.response().setStatusCode(404).end();
  }

  /** Begins with all objects and a bookmark where that is asked for, else behind a version. */
  private void watch(HttpServerRequest request, Resource resource) {
    Store store = stores.get(resource);
    HttpServerResponse response =
        request.response().setChunked(true).putHeader("Content-Type", "application/json");
    if ("true".equals(request.getParam("sendInitialEvents"))) {
      String only = request.getParam("fieldSelector");
      String name = only == null ? null : only.substring(only.indexOf('=') + 1);
      store.objects.forEach(
          (key, object) -> {
            if (name == null || key.endsWith("/" + name)) {
              response.write(Buffer.buffer(event("ADDED", object)));
            }
          });
      response.write(
          ("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":"
                  + "{\"resourceVersion\":\"%d\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n")
              .formatted(
                  resource.listKind.substring(0, resource.listKind.length() - "List".length()),
                  resource.apiVersion,
                  version));
    } else {
      long since = Long.parseLong(request.getParam("resourceVersion"));
      response.writeHead();
      store.events.stream()
          .filter(event -> event.version() > since)
          .forEach(event -> response.write(Buffer.buffer(event.text())));
    }
    store.watches.add(response);
    response.closeHandler(closed -> store.watches.remove(response));
  }

  private void list(HttpServerRequest request, Resource resource) {
    String limit = request.getParam("limit");
    String from = request.getParam("continue");
    int most = limit == null ? Integer.MAX_VALUE : Integer.parseInt(limit);
    String only = request.getParam("fieldSelector");
    String name = only == null ? null : only.substring(only.indexOf('=') + 1);
    Buffer items = Buffer.buffer();
    String last = null;
    int count = 0;
    boolean more = false;
    for (Map.Entry<String, byte[]> object :
        stores.get(resource).objects.tailMap(from == null ? "" : from, false).entrySet()) {
      if (name != null && !object.getKey().endsWith("/" + name)) {
        continue;
      }
      if (count == most) {
        more = true;
        break;
      }
      items.appendString(count == 0 ? "" : ",").appendBytes(object.getValue());
      last = object.getKey();
      count++;
    }
    Buffer body =
        Buffer.buffer(items.length() + 200)
            .appendString(
                "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{\"resourceVersion\":\"%d\"%s},\"items\":["
                    .formatted(
                        resource.listKind,
                        resource.apiVersion,
                        version,
                        more ? ",\"continue\":\"" + last + "\"" : ""))
            .appendBuffer(items)
            .appendString("]}");
    request.response().putHeader("Content-Type", "application/json").end(body);
  }

  @Override
  public void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
