package io.netpol.route.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.kubernetes.KubernetesEventPublisher;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
class DeadLetterEventsTest {

  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");
  private static final String EVENTS = "/api/v1/namespaces/shop/events";

  static KubernetesMockServer server;
  static KubernetesClient client;
  private Instant now = START;
  private DeadLetterNotifications notifications;
  private DeadLetterEvents events;

  @BeforeEach
  void start() {
    server.reset();
    Clock clock =
        new Clock() {
          @Override
          public java.time.ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(java.time.ZoneId zone) {
            throw new UnsupportedOperationException();
          }

          @Override
          public Instant instant() {
            return now;
          }
        };
    notifications =
        new DeadLetterNotifications(
            true, "n1", clock, () -> Duration.between(START, now).toNanos());
    events = new DeadLetterEvents(new KubernetesEventPublisher(client, "n1"), notifications);
    client
        .resource(Serialization.unmarshal("metadata: {name: a, namespace: shop}", Pod.class))
        .create();
  }

  @Test
  void repeatedFailureIsCountedInOneEvent() {
    for (int i = 0; i < 12; i++) {
      notifications.notApplied(letter());
      publish();
      now = now.plus(Duration.ofMinutes(1));
    }
    List<Event> published = client.v1().events().inNamespace("shop").list().getItems();
    assertThat(published).hasSize(1);
    assertThat(published.get(0).getCount()).isEqualTo(3);
    assertThat(published.get(0).getFirstTimestamp()).isEqualTo(START.toString());
    assertThat(published.get(0).getLastTimestamp())
        .isEqualTo(START.plus(Duration.ofMinutes(10)).toString());

    notifications.applied(letter(), Set.of());
    publish();
    assertThat(client.v1().events().inNamespace("shop").list().getItems())
        .extracting(Event::getReason)
        .containsExactlyInAnyOrder("NetworkPolicyNotApplied", "NetworkPolicyApplied");
  }

  @Test
  void refusedEventIsNotTriedAgain() {
    server.expect().post().withPath(EVENTS).andReturn(403, "{}").always();
    notifications.notApplied(letter());
    publish();
    assertThat(notifications.take()).isEmpty();
    assertThat(client.v1().events().inNamespace("shop").list().getItems()).isEmpty();
  }

  @Test
  void unpublishedNotificationIsPublishedLater() {
    server.expect().post().withPath(EVENTS).andReturn(503, "{}").times(1);
    notifications.notApplied(letter());
    publish();
    publish();
    publish();
    assertThat(client.v1().events().inNamespace("shop").list().getItems()).hasSize(1);
  }

  @Test
  void notificationsAreBoundedAndTheNewestStay() {
    for (int i = 0; i < 3_000; i++) {
      notifications.applied(LetterFolderTest.letter("p" + i, ""), Set.of());
    }
    int count = 0;
    for (List<?> taken = notifications.take(); !taken.isEmpty(); taken = notifications.take()) {
      count += taken.size();
    }
    assertThat(count).isEqualTo(1_000);
  }

  @Test
  void noNotificationsIfEventsAreOff() {
    DeadLetterNotifications off = new DeadLetterNotifications(false, "n1", Clock.systemUTC());
    off.notApplied(letter());
    off.applied(letter(), Set.of());
    assertThat(off.take()).isEmpty();
  }

  private void publish() {
    notifications.take().forEach(events::tell);
  }

  private static DeadLetter letter() {
    return LetterFolderTest.letter("a", "");
  }
}
