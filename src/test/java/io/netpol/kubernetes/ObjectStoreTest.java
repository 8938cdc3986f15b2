package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.netpol.kubernetes.ObjectStore.DeliveryState;
import io.netpol.kubernetes.parse.ResourceType;
import org.junit.jupiter.api.Test;

class ObjectStoreTest {

  private final ObjectStore<Pod> known = new ObjectStore<>(ResourceType.PODS);

  private Pod put(String name, String version) {
    return known.put(
        "shop/" + name, ResourceType.PODS.skeleton("shop/" + name, "u-" + name, version));
  }

  @Test
  void onlyASkeletonIsKept() {
    assertThat(put("a", "1")).isNull();
    Pod before = put("a", "2");
    assertThat(before.getMetadata().getResourceVersion()).isEqualTo("1");
    assertThat(known.get("shop/a").getMetadata())
        .satisfies(
            m -> {
              assertThat(m.getNamespace()).isEqualTo("shop");
              assertThat(m.getName()).isEqualTo("a");
              assertThat(m.getUid()).isEqualTo("u-a");
              assertThat(m.getResourceVersion()).isEqualTo("2");
            });
    assertThat(known.size()).isEqualTo(1);
  }

  @Test
  void whatIsGoneIsKnownUntilItsEndIsTold() {
    put("a", "1");
    known.setDeliveryState("shop/a", DeliveryState.DELIVERED);
    known.remove("shop/a");
    assertThat(known.keySet()).isEmpty();
    assertThat(known.get("shop/a")).isNull();
    assertThat(known.deliveryState("shop/a")).isEqualTo(DeliveryState.DELIVERED);
    known.setDeliveryState("shop/a", DeliveryState.NOTHING);
    assertThat(known.deliveryState("shop/a")).isEqualTo(DeliveryState.NOTHING);
  }

  @Test
  void whatWentWhileItWasBeingSentIsStillTold() {
    put("a", "1");
    known.remove("shop/a");
    known.setDeliveryState("shop/a", DeliveryState.TRIED);
    assertThat(known.deliveryState("shop/a")).isEqualTo(DeliveryState.TRIED);
    assertThat(known.keySet()).isEmpty();
  }

  @Test
  void onlyWhatIsPresentAndNotTakenIsUndelivered() {
    put("a", "1");
    put("b", "1");
    put("c", "1");
    put("d", "1");
    known.setDeliveryState("shop/a", DeliveryState.DELIVERED);
    known.setDeliveryState("shop/b", DeliveryState.TRIED);
    known.setDeliveryState("shop/d", DeliveryState.TRIED);
    known.remove("shop/d");
    assertThat(known.undelivered(key -> true)).containsExactlyInAnyOrder("shop/b", "shop/c");
    assertThat(known.undelivered("shop/b"::equals)).containsExactly("shop/b");
  }
}
