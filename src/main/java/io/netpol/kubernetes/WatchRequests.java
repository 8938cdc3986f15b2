package io.netpol.kubernetes;

import static io.netpol.kubernetes.parse.ResourceType.isGiven;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.kubernetes.parse.ObjectStream;
import io.netpol.kubernetes.parse.ResourceType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
import org.apache.camel.component.kubernetes.KubernetesConfiguration;

/**
 * Requests lists and watches of one kind, over plain HTTP as the components of Kubernetes do. It
 * repeats nothing: its caller knows what may be repeated, and when.
 */
final class WatchRequests<T extends HasMetadata> {

  /** The number of characters of an answer that is no Status. */
  private static final int MAX_MESSAGE = 300;

  private static final int MAX_ANSWER = 100_000;
  private static final int BUFFER = 65_536;

  /** An open response. */
  record Answer<T extends HasMetadata>(BodyStream body, ObjectStream<T> objects)
      implements AutoCloseable {

    /** Reads what little is left, so that the next request needs no new connection. */
    void finish() {
      body.setSilence(Duration.ofSeconds(1));
      try {
        body.transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        // then it needs one
      }
    }

    @Override
    public void close() {
      body.close();
    }
  }

  private final ResourceType<T> kind;
  private final HttpClient http;
  private final String base;
  private final String selectors;

  /**
   * Makes requests for the objects that the endpoint's options {@code namespace}, {@code labelKey}
   * with {@code labelValue}, and {@code resourceName} select.
   */
  WatchRequests(ResourceType<T> kind, KubernetesClient client, KubernetesConfiguration options) {
    this.kind = kind;
    RequestConfig once =
        new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
            .withRequestRetryBackoffLimit(0)
            .build();
    http = client.getHttpClient().newBuilder().tag(once).build();
    String server = client.getMasterUrl().toString();
    base = (server.endsWith("/") ? server : server + "/") + path(kind, options);
    StringBuilder chosen = new StringBuilder();
    if (isGiven(options.getLabelKey()) && isGiven(options.getLabelValue())) {
      chosen.append("&labelSelector=").append(encoded(options.getLabelKey() + "="));
      chosen.append(encoded(options.getLabelValue()));
    }
    if (isGiven(options.getResourceName())) {
      chosen
          .append("&fieldSelector=")
          .append(encoded("metadata.name=" + options.getResourceName()));
    }
    selectors = chosen.toString();
  }

  private static String path(ResourceType<?> kind, KubernetesConfiguration options) {
    String version = HasMetadata.getApiVersion(kind.type());
    String namespace =
        kind.namespaced() && isGiven(options.getNamespace())
            ? "namespaces/" + encoded(options.getNamespace()) + "/"
            : "";
    return (version.contains("/") ? "apis/" : "api/")
        + version
        + "/"
        + namespace
        + HasMetadata.getPlural(kind.type());
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  /**
   * Opens a list or watch.
   *
   * @param query what to ask for, without selectors
   * @param silence how long the server may send nothing
   * @throws RefusalException if the server answers with another status than 200
   * @throws IOException if the server cannot be reached, or does not answer in time
   */
  Answer<T> open(String query, Duration silence) throws IOException, InterruptedException {
    HttpRequest request =
        http.newHttpRequestBuilder()
            .uri(base + "?" + query + selectors)
            .header("Accept", "application/json")
            .header("Accept-Encoding", "gzip")
            .build();
    BodyStream body = new BodyStream(silence);
    CompletableFuture<HttpResponse<AsyncBody>> sent = http.consumeBytes(request, body);
    HttpResponse<AsyncBody> response;
    try {
      response = sent.get(silence.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (TimeoutException e) {
      sent.cancel(true);
      throw new IOException(e);
    } catch (InterruptedException e) {
      sent.cancel(true);
      throw e;
    }
    body.begin(response.body());
    InputStream text = body;
    try {
      if ("gzip".equalsIgnoreCase(response.header("Content-Encoding"))) {
        text = new GZIPInputStream(body, BUFFER);
      }
      if (response.code() != 200) {
        throw refusal(response, text);
      }
      return new Answer<>(body, new ObjectStream<>(text, kind));
    } catch (IOException e) {
      body.close();
      throw e;
    }
  }

  private static RefusalException refusal(HttpResponse<?> response, InputStream body)
      throws IOException {
    String text = new String(body.readNBytes(MAX_ANSWER), UTF_8).strip();
    String message = text.substring(0, Math.min(MAX_MESSAGE, text.length()));
    if (text.startsWith("{")) {
      try {
        Status status = Serialization.unmarshal(text, Status.class);
        message = status.getMessage() == null ? message : status.getMessage();
      } catch (RuntimeException e) {
        // not a Status: said as it is
      }
    }
    return new RefusalException(
        response.code(),
        message.isEmpty() ? String.valueOf(response.message()) : message,
        retryAfter(response.header("Retry-After")));
  }

  /** Returns the seconds that the header asks for; API servers send no dates. */
  private static Duration retryAfter(String header) {
    try {
      return header == null ? Duration.ZERO : Duration.ofSeconds(Long.parseLong(header.strip()));
    } catch (NumberFormatException e) {
      return Duration.ZERO;
    }
  }
}
