package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.netpol.testing.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The notices of an agent, and the API server's audit log read as docs/routes.md tells to, say who
 * changed a policy.
 */
@Tag("cluster")
@Timeout(value = 1, unit = TimeUnit.HOURS)
class AuditLogTest {

  private static final String NODE = "n1";
  private static final String POLICY = "networkpolicy/audited";
  private static final String MANIFEST =
      """
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: audited}
      spec: {podSelector: {}, policyTypes: [%s]}
      """;

  @TempDir private Path folder;
  @AutoClose private Namespace namespace;

  /** The policy's metadata in the API after each change. */
  private final List<String> revisions = new ArrayList<>();

  @BeforeEach
  void install() throws Exception {
    Checkout.in(folder).install("deploy/own-routes");
    namespace = new Namespace("audited");
  }

  @Test
  void eachNoticeHasTheRevisionOfItsPolicyAndItsAuthor() throws Exception {
    write("ann", MANIFEST.formatted("Ingress"), "create", "-f", "-");
    written();
    write("bob", MANIFEST.formatted("Egress"), "replace", "-f", "-");
    written();
    leavesAsItIs();
    write("ann", "", "label", POLICY, "team=web");
    written();
    write("bob", "", "delete", POLICY);
    noticed(4);

    // A finalizer delays the deletion: until the third user removes it.
    write("ann", MANIFEST.formatted("Ingress"), "create", "-f", "-");
    written();
    write(
        "ann", "", "patch", POLICY, "-p", "{\"metadata\":{\"finalizers\":[\"netpol.test/hold\"]}}");
    written();
    write("bob", "", "delete", POLICY, "--wait=false");
    written();
    write("eve", "", "patch", POLICY, "-p", "{\"metadata\":{\"finalizers\":null}}");
    noticed(8);

    write("ann", MANIFEST.formatted("Ingress"), "create", "-f", "-");
    written();
    RealCluster.kubectl(as("bob", "delete", "namespace", namespace.name()));
    List<JsonNode> notices = noticed(10);

    AuditLog log = AuditLog.read();
    assertThat(notices)
        .extracting(notice -> notice.path("action").asText() + " " + log.causer(notice))
        .containsExactly(
            "ADDED ann",
            "MODIFIED bob",
            "MODIFIED ann",
            "DELETED bob",
            "ADDED ann",
            "MODIFIED ann",
            "MODIFIED bob",
            "DELETED bob",
            "ADDED ann",
            "DELETED system:serviceaccount:kube-system:namespace-controller");
    assertThat(log.deleterOfNamespace(namespace.name())).isEqualTo("bob");
    assertThat(notices)
        .filteredOn(notice -> !notice.path("action").asText().equals("DELETED"))
        .extracting(
            notice ->
                "%s %s %s"
                    .formatted(
                        notice.path("uid").asText(),
                        notice.path("resourceVersion").asText(),
                        notice.path("generation").asText()))
        .containsExactlyElementsOf(revisions);
  }

  /** Writes that the audit log has with the policy's present revision, and that change nothing. */
  private void leavesAsItIs() {
    write("eve", MANIFEST.formatted("Egress"), "replace", "-f", "-");
    write("eve", MANIFEST.formatted("Ingress"), "replace", "--dry-run=server", "-f", "-");
    write("eve", "", "delete", POLICY, "--dry-run=server");
  }

  /** Notes the present revision of the policy, and waits until the agent has reported it. */
  private void written() throws Exception {
    revisions.add(
        namespace.ask(
            "get",
            POLICY,
            "-o",
            "jsonpath={.metadata.uid} {.metadata.resourceVersion} {.metadata.generation}"));
    String version = revisions.get(revisions.size() - 1).split(" ")[1];
    Eventually.holds(
        "a notice of " + version,
        () ->
            notices().stream()
                .anyMatch(notice -> version.equals(notice.path("resourceVersion").asText())));
  }

  private List<JsonNode> noticed(int count) throws Exception {
    Eventually.holds(() -> count + " notices: " + notices(), () -> notices().size() >= count);
    return notices();
  }

  private List<JsonNode> notices() throws IOException {
    String records = "cat /var/lib/camel-netpol/audit/*.jsonl";
    return AuditLog.objects(RealCluster.onNode(NODE, "sh", "-c", records).stdout()).stream()
        .filter(notice -> notice.path("notice").asText().equals("policy"))
        .filter(notice -> notice.path("policy").asText().equals("audited/audited"))
        .toList();
  }

  private void write(String user, String input, String... arguments) {
    List<String> line = new ArrayList<>(List.of(as(user, arguments)));
    line.addAll(List.of("-n", namespace.name()));
    RealCluster.Ended ended = RealCluster.tryKubectl(input, line.toArray(String[]::new));
    assertThat(ended.ok()).as("%s: %s", line, ended).isTrue();
  }

  private static String[] as(String user, String... arguments) {
    List<String> line = new ArrayList<>(List.of(arguments));
    line.addAll(List.of("--as", user, "--as-group", "system:masters"));
    return line.toArray(String[]::new);
  }
}
