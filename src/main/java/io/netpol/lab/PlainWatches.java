package io.netpol.lab;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Serves what a mock API server does not: watches over plain HTTP, which it reads from the mock's
 * WebSocket, without the limit of their time. All else is passed on.
 *
 * <p>It knows no streamed lists, and says so as an API server does.
 */
public final class PlainWatches implements AutoCloseable {

  private static final String HOST = "127.0.0.1";
  private static final int UNPROCESSABLE = 422;
  private static final int BAD_GATEWAY = 502;
  private static final int SECONDS = 10;

  private static final String NOT_STREAMED =
      "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":422,\"reason\":"
          + "\"Invalid\",\"message\":\"sendInitialEvents: Forbidden: sendInitialEvents is forbidden"
          + " for watch unless the WatchList feature gate is enabled\"}";

  private final Vertx vertx = vertx();
  private final int mock;
  private final HttpClient client;
  private final WebSocketClient sockets;
  private final HttpServer server;

  private PlainWatches(int mock) {
    this.mock = mock;
    client = vertx.createHttpClient(new HttpClientOptions().setMaxPoolSize(100));
    sockets = vertx.createWebSocketClient();
    server = vertx.createHttpServer().requestHandler(this::handle);
  }

  /** Makes one that resolves names as Java does: its own resolver has a socket on all addresses. */
  private static Vertx vertx() {
    System.setProperty("vertx.disableDnsResolver", "true");
    return Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  }

  /**
   * Starts on a port of the loopback address.
   *
   * @param port the port; 0 for a free one
   * @param mock the port of the mock
   */
  public static PlainWatches start(int port, int mock) {
    PlainWatches front = new PlainWatches(mock);
    await(front.server.listen(port, HOST).toCompletionStage().toCompletableFuture());
    return front;
  }

  /** Returns the port. */
  public int port() {
    return server.actualPort();
  }

  private static void await(java.util.concurrent.Future<?> done) {
    try {
      done.get(SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private void handle(HttpServerRequest request) {
    if (!"true".equals(request.getParam("watch"))) {
      pass(request);
    } else if (request.getParam("sendInitialEvents") != null) {
      answer(request.response(), UNPROCESSABLE, Buffer.buffer(NOT_STREAMED));
    } else {
      watch(request);
    }
  }

  private static void answer(HttpServerResponse response, int code, Buffer body) {
    response.setStatusCode(code).putHeader("Content-Type", "application/json").end(body);
  }

  private void pass(HttpServerRequest request) {
    request.body().onSuccess(body -> send(request, body));
  }

  private void send(HttpServerRequest request, Buffer body) {
    client
        .request(request.method(), mock, HOST, request.uri())
        .compose(
            sent -> {
              copyHeaders(request, sent);
              return sent.send(body);
            })
        .onSuccess(answer -> copy(answer, request.response()))
        .onFailure(e -> request.connection().close());
  }

  private static void copyHeaders(HttpServerRequest from, HttpClientRequest to) {
    String type = from.getHeader("Content-Type");
    if (type != null) {
      to.putHeader("Content-Type", type);
    }
  }

  private static void copy(HttpClientResponse from, HttpServerResponse to) {
    String after = from.getHeader("Retry-After");
    if (after != null) {
      to.putHeader("Retry-After", after);
    }
    from.body().onSuccess(body -> answer(to, from.statusCode(), body)).onFailure(e -> to.close());
  }

  private void watch(HttpServerRequest request) {
    HttpServerResponse to = request.response();
    to.setChunked(true).putHeader("Content-Type", "application/json");
    ClientWebSocket from = sockets.webSocket();
    from.textMessageHandler(text -> to.write(text + "\n"));
    from.closeHandler(closed -> end(to));
    to.closeHandler(closed -> from.close());
    from.connect(
            new WebSocketConnectOptions()
                .setHost(HOST)
                .setPort(mock)
                .setURI(request.uri().replaceAll("&timeoutSeconds=\\d+", "")))
        .onSuccess(open -> begin(to))
        .onFailure(e -> refuse(to, e));
  }

  private static void begin(HttpServerResponse response) {
    if (!response.headWritten()) {
      response.writeHead();
    }
  }

  private static void end(HttpServerResponse response) {
    if (!response.ended() && !response.closed()) {
      response.end();
    }
  }

  private static void refuse(HttpServerResponse response, Throwable e) {
    if (e instanceof UpgradeRejectedException rejected) {
      Buffer body = rejected.getBody();
      answer(response, rejected.getStatus(), body == null ? Buffer.buffer() : body);
    } else {
      answer(response, BAD_GATEWAY, Buffer.buffer());
    }
  }

  @Override
  public void close() {
    await(vertx.close().toCompletionStage().toCompletableFuture());
  }
}
