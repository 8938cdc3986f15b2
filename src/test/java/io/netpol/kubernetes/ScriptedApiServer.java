package io.netpol.kubernetes;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An API server that answers each request for pods with the next line of a script. */
final class ScriptedApiServer implements AutoCloseable {

  /**
   * What one request is answered with.
   *
   * @param retryAfter the header; null for none
   * @param ends whether the answer ends; else the connection stays open
   */
  private record Answer(int code, String retryAfter, String body, boolean ends) {}

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final HttpServer server;
  private final Deque<Answer> script = new ArrayDeque<>();
  private final List<String> requests = new ArrayList<>();
  private HttpServerResponse open;
  private HttpConnection connection;

  ScriptedApiServer() throws Exception {
    server = vertx.createHttpServer().requestHandler(this::handle);
    server
        .listen(0, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .get(1, TimeUnit.MINUTES);
  }

  String url() {
    return "http://127.0.0.1:" + server.actualPort() + "/";
  }

  /** Answers with a list at a version. */
  ScriptedApiServer list(String version, String next, String... pods) {
    return answer(
        200,
        null,
        "{\"kind\": \"PodList\", \"metadata\": {\"resourceVersion\": \"%s\", \"continue\": \"%s\"}, \"items\": [%s]}"
            .formatted(version, next, String.join(",", pods)));
  }

  /** Answers with a status that has a message, as an API server does. */
  ScriptedApiServer refuse(int code, String message, String retryAfter) {
    return answer(code, retryAfter, status(code, message));
  }

  private synchronized ScriptedApiServer answer(int code, String retryAfter, String body) {
    script.add(new Answer(code, retryAfter, body, true));
    return this;
  }

  /** Answers with events, and keeps the connection open. */
  synchronized ScriptedApiServer watch(String... events) {
    script.add(new Answer(200, null, String.join("\n", events), false));
    return this;
  }

  /** Answers with events, and ends the answer. */
  synchronized ScriptedApiServer ended(String... events) {
    script.add(new Answer(200, null, String.join("\n", events), true));
    return this;
  }

  static String status(int code, String message) {
    return "{\"kind\": \"Status\", \"status\": \"Failure\", \"code\": %d, \"message\": \"%s\"}"
        .formatted(code, message);
  }

  static String pod(String name, String version) {
    return """
        {"kind": "Pod", "apiVersion": "v1",
         "metadata": {"name": "%s", "namespace": "shop", "uid": "u-%s", "resourceVersion": "%s"}}"""
        .formatted(name, name, version);
  }

  static String event(String type, String object) {
    return "{\"type\": \"%s\", \"object\": %s}".formatted(type, object);
  }

  static String bookmark(String version) {
    return event(
        "BOOKMARK",
        "{\"kind\": \"Pod\", \"metadata\": {\"resourceVersion\": \"" + version + "\"}}");
  }

  static String endOfList(String version) {
    return event(
        "BOOKMARK",
        """
        {"kind": "Pod", "metadata": {"resourceVersion": "%s",
          "annotations": {"k8s.io/initial-events-end": "true"}}}"""
            .formatted(version));
  }

  /** Sends an event on the open connection. */
  void send(String event) {
    vertx.runOnContext(nothing -> open.write(event + "\n"));
  }

  /** Cuts the open connection in the middle. */
  void cut() {
    vertx.runOnContext(nothing -> connection.close());
  }

  /** The queries so far, without the limit of a watch's time. */
  synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  private synchronized void handle(HttpServerRequest request) {
    requests.add(request.query().replaceAll("&timeoutSeconds=\\d+", ""));
    Answer answer = script.poll();
    HttpServerResponse response = request.response();
    if (answer == null) {
      response.setStatusCode(503).end("the script is over");
      return;
    }
    response.setStatusCode(answer.code()).setChunked(true);
    if (answer.retryAfter() != null) {
      response.putHeader("Retry-After", answer.retryAfter());
    }
    if (answer.ends()) {
      response.end(answer.body());
    } else {
      open = response;
      connection = request.connection();
      response.writeHead();
      if (!answer.body().isEmpty()) {
        response.write(answer.body() + "\n");
      }
    }
  }

  @Override
  public void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
  }
}
