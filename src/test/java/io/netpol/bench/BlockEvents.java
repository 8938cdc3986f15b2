package io.netpol.bench;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import java.util.ArrayList;
import java.util.List;

/** A policy with very many blocks for one local pod is created, and gets one block more. */
final class BlockEvents {

  /** What each of the two events took. */
  record Both(Sized created, Sized added) {}

  private final EventLatencies events;
  private final Rig rig;

  BlockEvents(Rig rig, BareTool shell) {
    this.rig = rig;
    this.events = new EventLatencies(rig, shell);
  }

  Both run(int blocks, int runs) throws Exception {
    EventLatencies.Measured created = EventLatencies.Measured.none();
    EventLatencies.Measured added = EventLatencies.Measured.none();
    for (int i = 0; i < runs; i++) {
      int port = events.nextPort();
      events.change(policy(blocks, port), port, created);
      events.change(policy(blocks + 1, port), port, added);
      events.end(policy(blocks + 1, port));
    }
    String size = "%,d blocks".formatted(blocks);
    return new Both(
        Sized.of(size, "policy of " + size, created),
        Sized.of(size, "one block more, of " + size, added));
  }

  /** A policy for the first local pod; each port has other blocks, in sets of its own. */
  private NetworkPolicy policy(int blocks, int port) {
    HasMetadata pod = rig.load.pods().get(0);
    List<NetworkPolicyPeer> peers = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      peers.add(
          new NetworkPolicyPeerBuilder()
              .withNewIpBlock()
              .withCidr("%d.%d.%d.%d/32".formatted(20 + port % 100, i >> 16, i >> 8 & 255, i & 255))
              .endIpBlock()
              .build());
    }
    return new NetworkPolicyBuilder()
        .withNewMetadata()
        .withNamespace(pod.getMetadata().getNamespace())
        .withName("blocks")
        .endMetadata()
        .withNewSpec()
        .withNewPodSelector()
        .addToMatchLabels("app", pod.getMetadata().getLabels().get("app"))
        .endPodSelector()
        .addToPolicyTypes("Ingress")
        .addNewIngress()
        .addNewPort()
        .withProtocol("TCP")
        .withPort(new IntOrString(port))
        .endPort()
        .withFrom(peers)
        .endIngress()
        .endSpec()
        .build();
  }
}
