package io.netpol.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Writes objects to an API server, as its administrator. Safe for use by several threads. */
final class ApiClient {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final char[] PASSWORD = "bench".toCharArray();
  private static final Pattern VERSION = Pattern.compile("\"resourceVersion\":\"(\\d+)\"");

  private final String base;
  private final HttpClient http;

  /**
   * Prepares a client; nothing is sent yet.
   *
   * @param authority the certificate that the server's is signed with
   * @param identity a key and a certificate as PKCS #12
   */
  ApiClient(String base, Path authority, Path identity) throws Exception {
    this.base = base;
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream text = Files.newInputStream(authority)) {
      trusted.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(text));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(KeyStore.getInstance(identity.toFile(), PASSWORD), PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(context).build();
  }

  /** Returns the path of all objects of a kind, in one namespace or of the cluster. */
  static String collection(HasMetadata object) {
    String namespace = object.getMetadata().getNamespace();
    String inside = namespace == null ? "" : "namespaces/" + namespace + "/";
    return switch (object.getKind()) {
      case "Pod" -> "/api/v1/" + inside + "pods";
      case "Namespace" -> "/api/v1/namespaces";
      case "Node" -> "/api/v1/nodes";
      case "NetworkPolicy" -> "/apis/networking.k8s.io/v1/" + inside + "networkpolicies";
      default -> throw new IllegalArgumentException("not written: " + object.getKind());
    };
  }

  void create(HasMetadata object) throws Exception {
    post(collection(object), json(object));
  }

  void replace(HasMetadata object) throws Exception {
    send("PUT", path(object), json(object));
  }

  void replaceStatus(HasMetadata object) throws Exception {
    send("PUT", path(object) + "/status", json(object));
  }

  /** Deletes an object at once; a pod does not wait for its kubelet. Absence is success. */
  void delete(HasMetadata object) throws Exception {
    HttpResponse<String> answer = exchange("DELETE", path(object) + "?gracePeriodSeconds=0", "");
    if (answer.statusCode() != 404) {
      requireSuccess("DELETE", path(object), answer);
    }
  }

  String post(String path, String body) throws Exception {
    return send("POST", path, body);
  }

  /** Opens a watch from now on, for the pods of the cluster: one JSON object in each line. */
  InputStream watchPods() throws Exception {
    Matcher version = VERSION.matcher(send("GET", "/api/v1/pods?limit=1", ""));
    if (!version.find()) {
      throw new IOException("a list without a version");
    }
    String from = "/api/v1/pods?watch=1&resourceVersion=" + version.group(1);
    HttpRequest request = HttpRequest.newBuilder(URI.create(base + from)).build();
    return http.send(request, BodyHandlers.ofInputStream()).body();
  }

  /** Opens the answer to a GET, as it comes: compressed if the server likes. */
  InputStream open(String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path)).header("Accept-Encoding", "gzip").build();
    HttpResponse<InputStream> answer = http.send(request, BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      throw new IOException("GET " + path + ": " + answer.statusCode());
    }
    return answer.body();
  }

  /** Returns whether a GET of a path succeeds. */
  boolean answers(String path) throws InterruptedException {
    try {
      return exchange("GET", path, "").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private static String path(HasMetadata object) {
    return collection(object) + "/" + object.getMetadata().getName();
  }

  /** Returns the object without the uid that its template gave it: the server gives its own. */
  private static String json(HasMetadata object) {
    ObjectNode tree = Serialization.jsonMapper().valueToTree(object);
    ((ObjectNode) tree.get("metadata")).remove("uid");
    return tree.toString();
  }

  private String send(String method, String path, String body) throws Exception {
    HttpResponse<String> answer = exchange(method, path, body);
    requireSuccess(method, path, answer);
    return answer.body();
  }

  private HttpResponse<String> exchange(String method, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    return http.send(request, BodyHandlers.ofString());
  }

  private static void requireSuccess(String method, String path, HttpResponse<String> answer)
      throws IOException {
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
    }
  }
}
