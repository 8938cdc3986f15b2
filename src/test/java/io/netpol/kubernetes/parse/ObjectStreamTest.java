package io.netpol.kubernetes.parse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.netpol.kubernetes.parse.ObjectStream.Event;
import io.netpol.kubernetes.parse.ObjectStream.ListEnd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectStreamTest {

  private static final String BAD =
      """
      {"metadata": {"name": "bad", "namespace": "shop", "uid": "u1", "resourceVersion": "7",
         "labels": {"é": ["no text"]}},
       "spec": {"nodeName": "n1", "containers": [{"name": "c}", "ports": "none"}]}}""";

  /** A body that arrives in pieces of some bytes. */
  private static InputStream pieces(String text, int size) {
    return new ByteArrayInputStream(text.getBytes(UTF_8)) {
      @Override
      public synchronized int read(byte[] into, int offset, int length) {
        return super.read(into, offset, Math.min(size, length));
      }
    };
  }

  private static String pod(String name) {
    return "{\"metadata\": {\"name\": \"%s\", \"labels\": {\"a\": \"%s\"}, \"managedFields\": [{}]}}"
        .formatted(name, "é".repeat(3000));
  }

  private static ObjectStream<Pod> of(String text, int size) {
    return new ObjectStream<>(pieces(text, size), ResourceType.PODS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 100_000})
  void objectOfWrongTypesInAListHarmsOnlyItself(int size) throws Exception {
    String text =
        "{\"kind\": \"PodList\", \"metadata\": {\"resourceVersion\": \"9\", \"continue\": \"n\"},"
            + " \"items\": ["
            + pod("a")
            + ", "
            + BAD
            + ","
            + pod("b")
            + "]}";
    List<Pod> pods = new ArrayList<>();
    assertThat(of(text, size).list(pods::add)).isEqualTo(new ListEnd("9", "n"));
    assertThat(pods).extracting(p -> p.getMetadata().getName()).containsExactly("a", "bad", "b");
    assertThat(pods.get(0).getMetadata().getManagedFields()).isEmpty();
    assertThat(ReadableObjects.whyUnreadable(pods.get(0).getMetadata())).isEmpty();
    assertThat(pods.get(1).getMetadata().getNamespace()).isEqualTo("shop");
    assertThat(pods.get(1).getMetadata().getResourceVersion()).isEqualTo("7");
    assertThat(ReadableObjects.whyUnreadable(pods.get(1).getMetadata()))
        .hasValueSatisfying(why -> assertThat(why).startsWith("metadata.labels.?: Cannot "));
    assertThat(ReadableObjects.whyUnreadable(pods.get(2).getMetadata())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 100_000})
  void objectOfWrongTypesInAWatchHarmsOnlyItself(int size) throws Exception {
    ObjectStream<Pod> events =
        of(
            "{\"type\": \"ADDED\", \"object\": %s}\n{\"object\": %s, \"type\": \"MODIFIED\"}{\"type\": \"DELETED\", \"object\": %s}"
                .formatted(pod("a"), BAD, pod("b")),
            size);
    assertThat(events.event().object().getMetadata().getName()).isEqualTo("a");
    Event<Pod> bad = events.event();
    assertThat(bad.type()).isEqualTo("MODIFIED");
    assertThat(ReadableObjects.whyUnreadable(bad.object().getMetadata())).isPresent();
    Event<Pod> last = events.event();
    assertThat(last.type()).isEqualTo("DELETED");
    assertThat(last.object().getMetadata().getName()).isEqualTo("b");
    assertThat(events.event()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\": \"ERROR\", \"object\": {\"kind\": \"Status\", \"status\": \"Failure\", \"code\": 410}}",
        "{\"object\": {\"kind\": \"Status\", \"status\": \"Failure\", \"code\": 410}, \"type\": \"ERROR\"}"
      })
  void failureIsAStatus(String event) throws Exception {
    assertThat(of(event, 10).event().failure().getCode()).isEqualTo(410);
  }

  @Test
  void whatIsCutOrNoListIsAFailure() {
    assertThatThrownBy(() -> of("{\"items\": [" + pod("a"), 100).list(pod -> {}))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> of("[]", 100).list(pod -> {})).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> of("{\"type\": \"ADDED\"}", 100).event())
        .hasMessage("not an event of a watch");
    assertThatThrownBy(() -> of("{\"type\": \"ADDED\", \"object\": {", 100).event())
        .isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "null", "{\"metadata\": null}", "5"})
  void objectWithoutMetadataIsAFailure(String object) {
    assertThatThrownBy(() -> of("{\"items\": [" + object + "]}", 100).list(pod -> {}))
        .isInstanceOf(IOException.class);
    String event = "{\"type\": \"ADDED\", \"object\": " + object + "}";
    assertThatThrownBy(() -> of(event, 100).event()).isInstanceOf(IOException.class);
  }
}
