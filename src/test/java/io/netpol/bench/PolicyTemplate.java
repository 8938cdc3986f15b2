package io.netpol.bench;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.util.List;
import java.util.Random;

/** Makes the policies of a load: each rule has two ports and two peers. */
final class PolicyTemplate {

  private static final List<Integer> PORTS = List.of(80, 443, 5432, 6379, 8080, 8443, 9090, 9200);

  private final Load load;

  PolicyTemplate(Load load) {
    this.load = load;
  }

  NetworkPolicy policy(int index) {
    Random random = new Random(load.seed() * 17 + 1_000_003L * index);
    boolean local = index < load.localPolicies();
    int pod = local ? index % load.localPods() : -1;
    int namespace = local ? pod % load.namespaces() : random.nextInt(load.namespaces());
    int localApps = PodTemplate.localApps(load);
    String app =
        local
            ? PodTemplate.localApp(load, pod)
            : "app-" + (localApps + random.nextInt(PodTemplate.APPS - localApps));
    int kind = random.nextInt(10);
    boolean ingress = kind < 8;
    boolean egress = kind >= 5;
    NetworkPolicyBuilder policy =
        new NetworkPolicyBuilder()
            .withNewMetadata()
            .withNamespace(PodTemplate.namespaceName(namespace))
            .withName("allow-%04d".formatted(index))
            .withUid("policy-uid-" + index)
            .withCreationTimestamp("2026-01-01T00:00:00Z")
            .endMetadata()
            .withNewSpec()
            .withPodSelector(labelled("app", app))
            .endSpec();
    if (ingress) {
      policy
          .editSpec()
          .addToPolicyTypes("Ingress")
          .addNewIngress()
          .withPorts(port(random), port(random))
          .withFrom(peer(random), peer(random))
          .endIngress()
          .endSpec();
    }
    if (egress) {
      policy
          .editSpec()
          .addToPolicyTypes("Egress")
          .addNewEgress()
          .withPorts(port(random), port(random))
          .withTo(peer(random), peer(random))
          .endEgress()
          .endSpec();
    }
    return policy.build();
  }

  private static NetworkPolicyPort port(Random random) {
    int kind = random.nextInt(20);
    if (kind < 2) {
      return new NetworkPolicyPort(null, new IntOrString("http"), "TCP");
    } else if (kind == 2) {
      return new NetworkPolicyPort(32_000, new IntOrString(30_000 + random.nextInt(1_000)), "TCP");
    }
    return new NetworkPolicyPort(
        null, new IntOrString(PORTS.get(random.nextInt(PORTS.size()))), kind == 3 ? "UDP" : "TCP");
  }

  private static NetworkPolicyPeer peer(Random random) {
    String app = "app-" + random.nextInt(PodTemplate.APPS);
    String tier = PodTemplate.TIERS.get(random.nextInt(PodTemplate.TIERS.size()));
    String other = PodTemplate.TIERS.get(random.nextInt(PodTemplate.TIERS.size()));
    LabelSelector team = labelled("team", "team-" + random.nextInt(PodTemplate.TEAMS));
    int kind = random.nextInt(20);
    if (kind < 7) {
      return new NetworkPolicyPeer(null, null, labelled("app", app));
    } else if (kind < 11) {
      return new NetworkPolicyPeer(null, null, labelled("tier", tier));
    } else if (kind < 13) {
      LabelSelector either =
          new LabelSelectorBuilder()
              .addNewMatchExpression()
              .withKey("tier")
              .withOperator("In")
              .withValues(tier, other)
              .endMatchExpression()
              .build();
      return new NetworkPolicyPeer(null, null, either);
    } else if (kind < 16) {
      return new NetworkPolicyPeer(null, team, labelled("app", app));
    } else if (kind < 18) {
      return new NetworkPolicyPeer(null, team, null);
    }
    String block = "172.%d.0.0/16".formatted(16 + random.nextInt(16));
    List<String> except =
        kind == 18 ? List.of() : List.of(block.replace("0.0/16", random.nextInt(256) + ".0/24"));
    return new NetworkPolicyPeer(new IPBlock(block, except), null, null);
  }

  private static LabelSelector labelled(String key, String value) {
    return new LabelSelectorBuilder().addToMatchLabels(key, value).build();
  }
}
