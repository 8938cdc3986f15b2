package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.reconcile.DesiredState;
import io.netpol.dataplane.reconcile.DesiredState.DesiredChange;
import io.netpol.dataplane.reconcile.PodChains;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DesiredStateTest {

  @Test
  void baseChainsAreTheSameAfterPodsOneByOneAsAfterAllAtOnce() {
    Map<ObjectKey, Optional<PodChains>> all = pods(200);
    DesiredState oneByOne = state();
    all.forEach((pod, rules) -> oneByOne.take(change(oneByOne, Map.of(pod, rules))));
    DesiredState atOnce = state();
    atOnce.take(change(atOnce, all));

    assertThat(oneByOne.chains()).isEqualTo(atOnce.chains());
  }

  @Test
  void aPodThatComesLeavesTheTextOfMostBaseChainsAsItIs() {
    DesiredState state = state();
    state.take(change(state, pods(200)));
    Map<String, List<String>> before = state.chains();

    Map<String, List<String>> after = change(state, pods(201)).base();

    Set<String> written =
        after.keySet().stream()
            .filter(chain -> after.get(chain) != before.get(chain))
            .collect(Collectors.toSet());
    assertThat(after).hasSizeGreaterThan(60);
    assertThat(written).isNotEmpty().hasSizeLessThan(8);
  }

  private static DesiredState state() {
    return new DesiredState(new FilterTable(Family.IPV4, RenderOptions.DEFAULT));
  }

  private static DesiredChange change(
      DesiredState state, Map<ObjectKey, Optional<PodChains>> changes) {
    return state.with(changes, List.of(), BridgePorts.UNFILTERED);
  }

  private static Map<ObjectKey, Optional<PodChains>> pods(int number) {
    Map<ObjectKey, Optional<PodChains>> pods = new TreeMap<>();
    for (int i = 0; i < number; i++) {
      ObjectKey pod = new ObjectKey("shop", "web-" + i);
      pods.put(
          pod,
          Optional.of(
              PodChains.of(
                  pod,
                  List.of(IpAddress.parse("10.244.0." + (i + 1))),
                  Map.of(Names.podChain(Direction.INGRESS, pod), List.of("-j DROP")),
                  Set.of(Direction.INGRESS),
                  Set.of(),
                  Set.of())));
    }
    return pods;
  }
}
