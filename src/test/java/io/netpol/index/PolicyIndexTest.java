package io.netpol.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Operator;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PolicyIndexTest {

  private static LabelSelector selector(Random random) {
    List<Requirement> requirements = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Operator operator = Operator.values()[random.nextInt(Operator.values().length)];
      boolean values = operator == Operator.IN || operator == Operator.NOT_IN;
      requirements.add(
          new Requirement(
              "k" + random.nextInt(3),
              operator,
              values ? List.of("v" + random.nextInt(3), "v" + random.nextInt(3)) : List.of()));
    }
    return new LabelSelector(requirements);
  }

  @Test
  void findsInOrderWhatALookAtAllFinds() {
    for (long seed = 1; seed <= 300; seed++) {
      Random random = new Random(seed);
      Cluster cluster = new Cluster("", DefaultIsolation.OFF);
      for (int i = 0; i < 60; i++) {
        ObjectKey key = new ObjectKey("n" + random.nextInt(2), "p" + random.nextInt(20));
        if (random.nextInt(4) == 0) {
          cluster.remove(Kind.NETWORK_POLICY, key);
        } else {
          cluster.put(
              new NetworkPolicy(key, selector(random), Map.of(Direction.INGRESS, List.of())));
        }
      }
      for (int i = 0; i < 20; i++) {
        Map<String, String> labels = new HashMap<>();
        for (int j = random.nextInt(4); j > 0; j--) {
          labels.put("k" + random.nextInt(3), "v" + random.nextInt(3));
        }
        ObjectKey key = new ObjectKey("n" + random.nextInt(2), "pod");
        Pod pod = new Pod(key, "", false, false, labels, List.of(), List.of());
        List<NetworkPolicy> all =
            cluster.policies(key.namespace()).stream().filter(p -> p.selects(pod)).toList();
        assertThat(cluster.selecting(pod, Direction.INGRESS))
            .as("seed %d, %s", seed, labels)
            .isEqualTo(all);
      }
    }
  }
}
