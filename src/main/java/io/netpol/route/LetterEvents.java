package io.netpol.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.dataplane.render.Names;
import io.netpol.route.LetterNews.About;
import io.netpol.route.LetterNews.News;
import java.net.HttpURLConnection;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Body;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells news of dead letters as Kubernetes Events, so that {@code kubectl describe} shows them. */
public final class LetterEvents {

  /** The reason of the Event where something could not be applied. */
  public static final String NOT_APPLIED = "NetworkPolicyNotApplied";

  /** The reason of the Event where it was applied in the end. */
  public static final String APPLIED = "NetworkPolicyApplied";

  private static final Logger LOG = LoggerFactory.getLogger(LetterEvents.class);

  /** What the API server lets a message have (core/v1 validation, in bytes). */
  private static final int MAX_MESSAGE = 1_000;

  /** Leaves room for the digest in the 253 characters of a name. */
  private static final int MAX_NAME = 200;

  private final KubernetesClient client;
  private final LetterNews news;
  private final String node;
  private boolean troubled;

  /** One for each agent. */
  public LetterEvents(KubernetesClient client, LetterNews news, String node) {
    this.client = client;
    this.news = news;
    this.node = node;
  }

  /** Tells one piece of news; if the API server cannot be reached, it is told later. */
  public void tell(@Body News told) {
    try {
      Optional<String> uid = uid(told.about());
      if (uid.isPresent()) {
        send(event(told, uid.get()));
      }
      troubled = false;
    } catch (KubernetesClientException e) {
      boolean refused = e.getCode() >= 400 && e.getCode() < 500 && e.getCode() != 429;
      if (!refused) {
        news.giveBack(told);
      }
      if (!troubled) {
        troubled = true;
        LOG.warn(
            "cannot tell of {} by an Event{}: {}",
            told.about(),
            refused ? "; this is said once, and nothing else suffers" : ", tried again",
            e.getMessage());
      }
    }
  }

  /** {@code kubectl describe} asks for the events of an object's uid; without it shows none. */
  private Optional<String> uid(About about) {
    if (about.kind().equals("Node")) {
      return Optional.of(about.name()); // as the kubelet does
    }
    HasMetadata found =
        about.kind().equals("Pod")
            ? client.pods().inNamespace(about.namespace()).withName(about.name()).get()
            : client
                .network()
                .v1()
                .networkPolicies()
                .inNamespace(about.namespace())
                .withName(about.name())
                .get();
    return Optional.ofNullable(found).map(object -> object.getMetadata().getUid());
  }

  private Event event(News told, String uid) {
    About about = told.about();
    String reason = told.applied() ? APPLIED : NOT_APPLIED;
    String namespace = about.namespace().isEmpty() ? "default" : about.namespace();
    String start = about.name().substring(0, Math.min(about.name().length(), MAX_NAME));
    // The same for the same object, reason and node: repeated, it is counted and not made anew.
    String name =
        start.replaceAll("[^a-z0-9]+$", "")
            + "."
            + Names.digest(String.join(" ", about.kind(), uid, reason, node));
    String message = told.message();
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion(about.kind().equals("NetworkPolicy") ? "networking.k8s.io/v1" : "v1")
        .withKind(about.kind())
        .withNamespace(about.namespace().isEmpty() ? null : about.namespace())
        .withName(about.name())
        .withUid(uid)
        .endInvolvedObject()
        .withType(told.applied() ? "Normal" : "Warning")
        .withReason(reason)
        .withMessage(message.getBytes(UTF_8).length > MAX_MESSAGE ? cut(message) : message)
        .withNewSource()
        .withComponent("camel-netpol")
        .withHost(node)
        .endSource()
        .withReportingComponent("camel-netpol")
        .withReportingInstance(node)
        .withFirstTimestamp(told.first().toString())
        .withLastTimestamp(told.last().toString())
        .withCount(told.count())
        .build();
  }

  /** To so many bytes of UTF-8, whole characters. */
  private static String cut(String message) {
    ByteBuffer bytes = ByteBuffer.allocate(MAX_MESSAGE - "…".getBytes(UTF_8).length);
    CharBuffer chars = CharBuffer.wrap(message);
    UTF_8.newEncoder().encode(chars, bytes, true);
    return message.substring(0, chars.position()) + "…";
  }

  private void send(Event event) {
    Resource<Event> there =
        client
            .v1()
            .events()
            .inNamespace(event.getMetadata().getNamespace())
            .withName(event.getMetadata().getName());
    try {
      client.v1().events().resource(event).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      there.patch(
          PatchContext.of(PatchType.JSON_MERGE),
          Serialization.asJson(
              Map.of(
                  "message", event.getMessage(),
                  "count", event.getCount(),
                  "lastTimestamp", event.getLastTimestamp())));
    }
  }
}
