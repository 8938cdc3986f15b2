package io.netpol.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ControllerTest {

  private static final Path KUBECONFIG = Path.of("/run/kubeconfig");

  @Test
  void kubeRouterIsOnlyAFirewall() {
    Controller peer =
        Controller.peer("kube-router-6=/opt/kube-router --enable-ipv6=true", KUBECONFIG);

    assertThat(peer.name()).isEqualTo("kube-router-6");
    assertThat(peer.command())
        .startsWith("/opt/kube-router", "--hostname-override=node-0")
        .contains("--kubeconfig=/run/kubeconfig", "--run-firewall=true", "--run-router=false")
        .endsWith("--enable-ipv6=true");
    assertThat(peer.line()).startsWith("kube-router --hostname-override");
  }

  @Test
  void kubeNetworkPoliciesFindsTheServerAsAPodDoes() {
    Controller peer = Controller.peer("kube-network-policies=/opt/knp", KUBECONFIG);

    assertThat(peer.environment())
        .containsEntry("KUBERNETES_SERVICE_HOST", KubernetesServer.ADDRESS)
        .containsEntry("KUBERNETES_SERVICE_PORT", "6443");
    assertThat(peer.command()).containsExactly("/opt/knp", "--hostname-override=node-0");
  }

  @Test
  void anotherNameIsRefused() {
    assertThatThrownBy(() -> Controller.peer("other=/opt/other", KUBECONFIG))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("kube-router or kube-network-policies");
    assertThatThrownBy(() -> Controller.peer("/opt/kube-router", KUBECONFIG))
        .hasMessageContaining("NAME=PATH");
  }
}
