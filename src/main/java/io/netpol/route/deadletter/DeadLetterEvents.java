package io.netpol.route.deadletter;

import io.netpol.kubernetes.KubernetesEventPublisher;
import io.netpol.kubernetes.KubernetesEventPublisher.NotPublishedException;
import io.netpol.kubernetes.KubernetesEventPublisher.Note;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.route.deadletter.DeadLetterNotifications.About;
import io.netpol.route.deadletter.DeadLetterNotifications.Notification;
import org.apache.camel.Body;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes dead letters as Kubernetes Events, which {@code kubectl describe} shows. */
public final class DeadLetterEvents {

  /** The reason of an Event about rules that could not be applied. */
  public static final String NOT_APPLIED = "NetworkPolicyNotApplied";

  /** The reason of an Event about rules that were applied after all. */
  public static final String APPLIED = "NetworkPolicyApplied";

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterEvents.class);

  private final KubernetesEventPublisher publisher;
  private final DeadLetterNotifications notifications;
  private boolean failing;

  /** Creates the publisher; an agent has one. */
  public DeadLetterEvents(
      KubernetesEventPublisher publisher, DeadLetterNotifications notifications) {
    this.publisher = publisher;
    this.notifications = notifications;
  }

  /** Publishes a notification; if the API server is unreachable, it is queued again. */
  public void tell(@Body Notification notification) {
    try {
      publisher.publish(eventOf(notification));
      failing = false;
    } catch (NotPublishedException e) {
      if (!e.isRefused()) {
        notifications.requeue(notification);
      }
      if (!failing) {
        failing = true;
        LOG.warn(
            "cannot create an Event about {}{}: {}",
            notification.about(),
            e.isRefused() ? " (logged once; enforcement is not affected)" : ", tried again",
            e.getMessage());
      }
    }
  }

  private static Note eventOf(Notification notification) {
    About about = notification.about();
    return new Note(
        Kind.of(about.kind()).orElseThrow(),
        new ObjectKey(about.namespace(), about.name()),
        !notification.applied(),
        notification.applied() ? APPLIED : NOT_APPLIED,
        notification.message(),
        notification.first(),
        notification.last(),
        notification.count());
  }
}
