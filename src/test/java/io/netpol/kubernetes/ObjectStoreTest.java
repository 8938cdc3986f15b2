package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.netpol.kubernetes.ObjectStore.DeliveryState;
import io.netpol.kubernetes.parse.ResourceType;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObjectStoreTest {

  private final ObjectStore<Pod> known = new ObjectStore<>(ResourceType.PODS);

  private boolean put(String name, String version) {
    return known.put(
        "shop/" + name, ResourceType.PODS.skeleton("shop/" + name, "u-" + name, version));
  }

  @Test
  void versionThatIsKnownIsNotNew() {
    assertThat(put("a", "1")).isTrue();
    assertThat(put("a", "1")).isFalse();
    assertThat(put("a", "2")).isTrue();
    assertThat(known.remove("shop/a")).isTrue();
    assertThat(known.remove("shop/a")).isFalse();
    assertThat(put("a", "2")).as("it came back").isTrue();
    assertThat(put("b", null)).isTrue();
    assertThat(put("b", null)).as("without a version nobody knows").isTrue();
  }

  @Test
  void whatTheLastListDidNotHaveIsKnownAsASkeleton() {
    known.beginList();
    put("a", "1");
    put("b", "1");
    known.beginList();
    put("b", "1");
    put("c", "3");
    assertThat(known.unlisted())
        .singleElement()
        .satisfies(
            gone -> {
              assertThat(gone.getMetadata().getNamespace()).isEqualTo("shop");
              assertThat(gone.getMetadata().getName()).isEqualTo("a");
              assertThat(gone.getMetadata().getUid()).isEqualTo("u-a");
              assertThat(gone.getMetadata().getResourceVersion()).isEqualTo("1");
            });
  }

  @Test
  void whatIsGoneIsKnownUntilItsEndIsTold() {
    put("a", "1");
    known.setDeliveryState("shop/a", DeliveryState.DELIVERED);
    known.remove("shop/a");
    assertThat(present()).isEmpty();
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
    assertThat(present()).isEmpty();
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

  private List<Pod> present() {
    known.beginList();
    return known.unlisted();
  }
}
