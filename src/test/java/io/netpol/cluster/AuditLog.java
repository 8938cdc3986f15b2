package io.netpol.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads the API server's audit log as docs/routes.md tells to.
 *
 * @param events what succeeded and was no dry run, in the order of the log
 */
record AuditLog(List<JsonNode> events) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> DELETIONS = Set.of("delete", "deletecollection");
  private static final int FIRST_ERROR = 400;

  /** Reads the log of the cluster that the machine runs. */
  static AuditLog read() throws IOException {
    Path kubeconfig = Path.of(System.getenv("NETPOL_TEST_KUBECONFIG"));
    return new AuditLog(
        objects(Files.readString(kubeconfig.resolveSibling("log/audit.log"))).stream()
            .filter(event -> event.at("/responseStatus/code").asInt() < FIRST_ERROR)
            .filter(event -> !event.path("requestURI").asText().contains("dryRun=All"))
            .filter(event -> !event.path("requestObject").has("dryRun"))
            .toList());
  }

  /** Parses lines of JSON. */
  static List<JsonNode> objects(String lines) throws IOException {
    List<JsonNode> objects = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      objects.add(JSON.readTree(line));
    }
    return objects;
  }

  /** Returns who caused a notice of an agent. */
  String causer(JsonNode notice) {
    String uid = notice.path("uid").asText();
    boolean deleted = notice.path("action").asText().equals("DELETED");
    Stream<JsonNode> found =
        deleted
            ? events.stream().filter(event -> deletes(event, uid))
            : events.stream()
                .filter(event -> wrote(event, uid, notice.path("resourceVersion").asText()));
    List<JsonNode> all = found.toList();
    return all.isEmpty() ? "nobody" : user(all.get(deleted ? all.size() - 1 : 0));
  }

  /** Returns who deleted a namespace. */
  String deleterOfNamespace(String name) {
    return events.stream()
        .filter(event -> event.at("/objectRef/resource").asText().equals("namespaces"))
        .filter(event -> event.at("/objectRef/name").asText().equals(name))
        .map(AuditLog::user)
        .reduce("nobody", (earlier, later) -> later);
  }

  private static boolean wrote(JsonNode event, String uid, String version) {
    JsonNode metadata = event.at("/responseObject/metadata");
    return metadata.path("uid").asText().equals(uid)
        && metadata.path("resourceVersion").asText().equals(version);
  }

  private static boolean deletes(JsonNode event, String uid) {
    if (!DELETIONS.contains(event.path("verb").asText())) {
      return false;
    }
    JsonNode response = event.path("responseObject");
    return response.at("/details/uid").asText().equals(uid)
        || response.at("/metadata/uid").asText().equals(uid)
        || response.path("items").findValuesAsText("uid").contains(uid);
  }

  private static String user(JsonNode event) {
    String itself = event.at("/user/username").asText();
    return event.at("/impersonatedUser/username").asText(itself);
  }
}
