package io.netpol.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs etcd and kube-apiserver in the network namespace of this JVM, with TLS and RBAC. All they
 * write is in a folder that the caller removes.
 */
final class KubernetesServer implements AutoCloseable {

  /** Its address for controllers, on the loopback device of this namespace. */
  static final String ADDRESS = "10.255.255.1";

  static final int PORT = 6443;

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String STORE = "http://127.0.0.1:2379";

  /** What the network policy controllers read between them, and the status that they may write. */
  private static final String ROLE =
      """
      {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "controller"}, "rules": [
        {"apiGroups": [""], "resources": ["pods", "namespaces", "nodes", "services", "endpoints"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "get", "patch", "update"]}]}
      """;

  private static final String BINDING =
      """
      {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "controller"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "controller"},
        "subjects": [{"kind": "ServiceAccount", "name": "controller", "namespace": "kube-system"}]}
      """;

  private static final String ACCOUNT =
      """
      {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "controller"}}
      """;

  private static final String TOKEN =
      """
      {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 36000}}
      """;

  private static final String CERTIFICATES =
      """
      cd "$0"
      key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
      openssl req -x509 $key -keyout ca.key -out ca.crt -days 30 -subj "/CN=netpol benchmark"
      openssl ecparam -name prime256v1 -genkey -noout -out accounts.key
      issue() {
        openssl req $key -keyout "$1.key" -out "$1.csr" -subj "$2"
        echo "$3" >"$1.ext"
        openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 30 -extfile "$1.ext"
      }
      issue api /CN=kube-apiserver "subjectAltName=IP:127.0.0.1,IP:10.96.0.1,IP:$1"
      issue admin /O=system:masters/CN=admin extendedKeyUsage=clientAuth
      openssl pkcs12 -export -in admin.crt -inkey admin.key -out admin.p12 -passout pass:bench
      """;

  private final Path folder;
  private final MeasuredProcess store;
  private final MeasuredProcess server;
  private final ApiClient client;
  private final String token;

  /**
   * Starts both, and returns when the server is ready.
   *
   * @param folder an empty folder, for their data; in memory, so that no disk is measured
   * @param logs where their logs go
   */
  KubernetesServer(Path etcd, Path apiServer, Path folder, Path logs) throws Exception {
    this.folder = folder;
    Sandbox.run(List.of("ip", "address", "add", ADDRESS + "/32", "dev", "lo"));
    Sandbox.run(
        List.of("bash", "-euc", "exec 2>/dev/null\n" + CERTIFICATES, folder.toString(), ADDRESS));
    store =
        new MeasuredProcess(
            List.of(
                etcd.toString(),
                "--data-dir=" + folder.resolve("etcd"),
                "--listen-client-urls=" + STORE,
                "--advertise-client-urls=" + STORE,
                "--listen-peer-urls=http://127.0.0.1:2380",
                "--quota-backend-bytes=4294967296",
                "--auto-compaction-retention=5m",
                "--logger=zap",
                "--log-level=error"),
            Map.of(),
            logs.resolve("etcd.log"));
    MeasuredProcess started = null;
    try {
      started =
          new MeasuredProcess(
              List.of(
                  apiServer.toString(),
                  "--etcd-servers=" + STORE,
                  "--bind-address=0.0.0.0",
                  "--secure-port=" + PORT,
                  "--advertise-address=" + ADDRESS,
                  "--service-cluster-ip-range=10.96.0.0/16",
                  "--authorization-mode=Node,RBAC",
                  // The load brings the volumes of service accounts with it.
                  "--disable-admission-plugins=ServiceAccount",
                  "--client-ca-file=" + folder.resolve("ca.crt"),
                  "--tls-cert-file=" + folder.resolve("api.crt"),
                  "--tls-private-key-file=" + folder.resolve("api.key"),
                  "--service-account-issuer=https://kubernetes.default.svc",
                  "--service-account-key-file=" + folder.resolve("accounts.key"),
                  "--service-account-signing-key-file=" + folder.resolve("accounts.key")),
              Map.of(),
              logs.resolve("kube-apiserver.log"));
      client =
          new ApiClient(
              "https://127.0.0.1:" + PORT, folder.resolve("ca.crt"), folder.resolve("admin.p12"));
      awaitReady(started);
      server = started;
      token = account();
    } catch (Exception e) {
      if (started != null) {
        started.close();
      }
      store.close();
      throw e;
    }
  }

  private void awaitReady(MeasuredProcess process) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!client.answers("/readyz")) {
      if (System.nanoTime() > end || !process.isAlive()) {
        throw new IOException("kube-apiserver is not ready: " + process.lastLine());
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  private String account() throws Exception {
    String accounts = "/api/v1/namespaces/kube-system/serviceaccounts";
    // The server makes this namespace itself, soon after it is ready.
    for (int tries = 0; !client.answers("/api/v1/namespaces/kube-system"); tries++) {
      if (tries == 150) {
        throw new IOException("the API server makes no namespace kube-system");
      }
      TimeUnit.MILLISECONDS.sleep(200);
    }
    String roles = "/apis/rbac.authorization.k8s.io/v1/";
    client.post(roles + "clusterroles", ROLE);
    client.post(roles + "clusterrolebindings", BINDING);
    client.post(accounts, ACCOUNT);
    String answer = client.post(accounts + "/controller/token", TOKEN);
    return new ObjectMapper().readTree(answer).at("/status/token").asText();
  }

  /** Returns a client that may do everything. */
  ApiClient client() {
    return client;
  }

  /** Returns the processor time that kube-apiserver used, in milliseconds. */
  double cpuMillis() throws IOException {
    return server.cpuMillis();
  }

  /** Returns the resident memory of kube-apiserver, in megabytes. */
  double residentMegabytes() throws IOException {
    return server.residentMegabytes();
  }

  /** Returns the most resident memory that kube-apiserver had since {@link #forgetPeak}. */
  double peakMegabytes() throws IOException {
    return server.peakMegabytes();
  }

  /** Begins a new peak with the memory that it has now. */
  void forgetPeak() throws IOException {
    server.forgetPeak();
  }

  /** Writes a kubeconfig for a controller, with the token of a service account. */
  Path writeKubeconfig(Path file) throws IOException {
    byte[] authority = Files.readAllBytes(folder.resolve("ca.crt"));
    return Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: bench, cluster: {server: "https://%s:%d", certificate-authority-data: %s}}]
        users: [{name: controller, user: {token: %s}}]
        contexts: [{name: bench, context: {cluster: bench, user: controller}}]
        current-context: bench
        """
            .formatted(ADDRESS, PORT, Base64.getEncoder().encodeToString(authority), token));
  }

  /** Writes what a pod finds in its file system, for controllers that take no kubeconfig. */
  void writeServiceAccount(Path account) throws IOException {
    Files.createDirectories(account);
    Files.writeString(account.resolve("token"), token, StandardCharsets.US_ASCII);
    Files.write(account.resolve("ca.crt"), Files.readAllBytes(folder.resolve("ca.crt")));
    Files.writeString(account.resolve("namespace"), "kube-system");
  }

  @Override
  public void close() {
    server.close();
    store.close();
  }
}
