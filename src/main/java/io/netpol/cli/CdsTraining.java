package io.netpol.cli;

import io.netpol.dataplane.DataplaneProvider;
import io.netpol.kubernetes.ApiServer;
import io.netpol.kubernetes.Kubeconfig;
import io.netpol.route.apply.ApplyService;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.camel.util.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the agent for a moment, with an API server in this process and tools that do nothing: what
 * it has loaded by then, {@code netpol-archive} keeps for the next start.
 */
@Command(
    name = "rehearse",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Run the agent on objects of its own, for netpol-archive. It touches no kernel.")
final class CdsTraining implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** The streamed list at each path: one object, with all of it that the agent reads. */
  private static final Map<String, String> LISTS =
      Map.of(
          "/api/v1/namespaces",
          list("v1", "Namespace", "{\"name\":\"shop\",\"labels\":{\"team\":\"a\"}", ""),
          "/api/v1/nodes",
          list(
              "v1",
              "Node",
              "{\"name\":\"here\"",
              "\"spec\":{\"podCIDRs\":[\"192.0.2.0/24\",\"2001:db8::/64\"]},\"status\":{\"addresses\":"
                  + "[{\"type\":\"InternalIP\",\"address\":\"198.51.100.1\"}]}"),
          "/api/v1/pods",
          list(
              "v1",
              "Pod",
              "{\"name\":\"web-0\",\"namespace\":\"shop\",\"labels\":{\"app\":\"web\"}",
              pod()),
          "/apis/networking.k8s.io/v1/networkpolicies",
          list(
              "networking.k8s.io/v1",
              "NetworkPolicy",
              "{\"name\":\"web\",\"namespace\":\"shop\"",
              policy()));

  /** Says what conntrack says of a table without connections. */
  private static final String NO_CONNECTIONS =
      "cat >/dev/null\necho 'conntrack v1 (none): 0 flow entries have been shown.' >&2\n";

  @Option(names = "--port", defaultValue = "29876", description = "For health and metrics.")
  private int port;

  private static String pod() {
    return """
        "spec":{"nodeName":"here","containers":[{"name":"web","image":"web","ports":
          [{"name":"http","containerPort":8080,"protocol":"TCP"}]}]},
        "status":{"phase":"Running","podIP":"192.0.2.7","podIPs":[{"ip":"192.0.2.7"},{"ip":"2001:db8::7"}]}""";
  }

  private static String policy() {
    return """
        "spec":{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress","Egress"],
          "ingress":[{"from":[{"podSelector":{"matchExpressions":
              [{"key":"app","operator":"In","values":["web"]}]}},
            {"namespaceSelector":{"matchLabels":{"team":"a"}}},
            {"ipBlock":{"cidr":"203.0.113.0/24","except":["203.0.113.64/26"]}}],
            "ports":[{"port":"http"},{"port":53,"protocol":"UDP"}]}],
          "egress":[{"to":[{"namespaceSelector":{},"podSelector":{"matchLabels":{"app":"web"}}}],
            "ports":[{"port":8000,"endPort":8080}]}]}""";
  }

  /** Returns the beginning of a watch that sends first what exists. */
  private static String list(String apiVersion, String kind, String metadata, String rest) {
    String object =
        metadata
            + ",\"uid\":\"1\",\"resourceVersion\":\"1\",\"creationTimestamp\":\"2020-01-01T00:00:00Z\"}"
            + (rest.isEmpty() ? "" : "," + rest);
    return String.format(
        Locale.ROOT,
        """
        {"type":"ADDED","object":{"kind":"%2$s","apiVersion":"%1$s","metadata":%3$s}}
        {"type":"BOOKMARK","object":{"kind":"%2$s","apiVersion":"%1$s","metadata":{"resourceVersion":"1",
         "annotations":{"k8s.io/initial-events-end":"true"}}}}
        """,
        apiVersion,
        kind,
        object);
  }

  @Override
  public Integer call() throws Exception {
    Vertx vertx = Vertx.vertx();
    Path letters = Files.createTempDirectory("netpol-rehearse-");
    try {
      HttpServer server =
          vertx
              .createHttpServer()
              .requestHandler(CdsTraining::answer)
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      // As a file says it: the client loads every class of the API before it reads one.
      String kubeconfig = Kubeconfig.to("http://127.0.0.1:" + server.actualPort());
      try (ApiServer api = ApiServer.watched(kubeconfig)) {
        return run(new Agent(settings(letters), api));
      }
    } finally {
      vertx.close();
      FileUtil.removeDir(letters.toFile());
    }
  }

  private Settings settings(Path letters) throws IOException {
    Path tools = Files.createDirectory(letters.resolve("tools"));
    Files.writeString(tools.resolve("conntrack"), NO_CONNECTIONS);
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    settings.put(Setting.NODE, "here");
    settings.put(Setting.ROUTES, Netpol.home().resolve("routes").toString());
    settings.put(Setting.DEAD_LETTERS, letters.toString());
    settings.put(Setting.HTTP_PORT, Integer.toString(port));
    settings.put(Setting.FAMILIES, "ipv4,ipv6");
    settings.put(Setting.BRIDGE, "off");
    settings.put(Setting.COMMAND_CONNTRACK, "sh " + tools + "/conntrack");
    DataplaneProvider dataplane = Settings.of(settings).dataplane();
    dataplane
        .writeIdleTools(tools)
        .forEach((name, value) -> settings.put(Setting.named(name).orElseThrow(), value));
    return Settings.of(settings);
  }

  private static int run(Agent agent) throws Exception {
    agent.start();
    try {
      ApplyService apply =
          agent.context().getRegistry().lookupByNameAndType("apply", ApplyService.class);
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (apply.lastSuccess().isEmpty() && System.nanoTime() - end < 0) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
      return apply.isLastGood() ? 0 : 1;
    } finally {
      agent.stop();
    }
  }

  private static void answer(HttpServerRequest request) {
    String list = LISTS.get(request.path());
    if (list == null) {
      request.response().setStatusCode(404).end();
    } else {
      // It stays open, and nothing more happens.
      request.response().setChunked(true).putHeader("Content-Type", "application/json").write(list);
    }
  }
}
