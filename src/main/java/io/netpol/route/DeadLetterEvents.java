package io.netpol.route;

import io.netpol.kubernetes.KubernetesEventPublisher;
import io.netpol.kubernetes.KubernetesEventPublisher.NotPublishedException;
import io.netpol.kubernetes.KubernetesEventPublisher.Note;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.route.DeadLetterNotifications.About;
import io.netpol.route.DeadLetterNotifications.News;
import org.apache.camel.Body;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells news of dead letters as Kubernetes Events, so that {@code kubectl describe} shows them. */
public final class DeadLetterEvents {

  /** The reason of the Event where something could not be applied. */
  public static final String NOT_APPLIED = "NetworkPolicyNotApplied";

  /** The reason of the Event where it was applied in the end. */
  public static final String APPLIED = "NetworkPolicyApplied";

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterEvents.class);

  private final KubernetesEventPublisher publisher;
  private final DeadLetterNotifications news;
  private boolean troubled;

  /** One for each agent. */
  public DeadLetterEvents(KubernetesEventPublisher publisher, DeadLetterNotifications news) {
    this.publisher = publisher;
    this.news = news;
  }

  /** Tells one piece of news; if the API server cannot be reached, it is told later. */
  public void tell(@Body News told) {
    try {
      publisher.publish(note(told));
      troubled = false;
    } catch (NotPublishedException e) {
      if (!e.isRefused()) {
        news.giveBack(told);
      }
      if (!troubled) {
        troubled = true;
        LOG.warn(
            "cannot tell of {} by an Event{}: {}",
            told.about(),
            e.isRefused() ? "; this is said once, and nothing else suffers" : ", tried again",
            e.getMessage());
      }
    }
  }

  private static Note note(News told) {
    About about = told.about();
    return new Note(
        Kind.of(about.kind()).orElseThrow(),
        new ObjectKey(about.namespace(), about.name()),
        !told.applied(),
        told.applied() ? APPLIED : NOT_APPLIED,
        told.message(),
        told.first(),
        told.last(),
        told.count());
  }
}
