package io.netpol.kubernetes;

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
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import java.net.HttpURLConnection;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Publishes Events ({@code core/v1}), so that {@code kubectl describe} shows them. */
public final class KubernetesEventPublisher {

  /**
   * Describes an Event.
   *
   * @param kind the kind of the object: Pod, NetworkPolicy or Node
   * @param key the key of the object
   * @param warning whether the type is {@code Warning}, else {@code Normal}
   * @param reason the reason, one word for machines
   * @param message the message for people; truncated to what the API server accepts
   * @param first the time of the first occurrence
   * @param last the time of the last occurrence
   * @param count the number of occurrences, at least 1
   */
  public record Note(
      Kind kind,
      ObjectKey key,
      boolean warning,
      String reason,
      String message,
      Instant first,
      Instant last,
      int count) {}

  /** Reports that an Event could not be published. */
  public static final class NotPublishedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean refused;

    NotPublishedException(KubernetesClientException cause) {
      super(cause.getMessage(), cause);
      int code = cause.getCode();
      this.refused = code >= 400 && code < 500 && code != 429;
    }

    /** Returns whether the API server refuses the Event, so that a retry is pointless. */
    public boolean isRefused() {
      return refused;
    }
  }

  /** The longest message that the API server accepts, in bytes (core/v1 validation). */
  private static final int MAX_MESSAGE = 1_000;

  /** The longest part of a name, in characters, that leaves room for the digest within 253. */
  private static final int MAX_NAME = 200;

  private final KubernetesClient client;
  private final String node;

  /** Makes a publisher for the agent of a node. */
  public KubernetesEventPublisher(KubernetesClient client, String node) {
    this.client = client;
    this.node = node;
  }

  /**
   * Publishes an Event, or increments the count of an existing one for the same object, reason and
   * node. Does nothing if the object is deleted.
   */
  public void publish(Note note) throws NotPublishedException {
    try {
      Optional<String> uid = uid(note);
      if (uid.isPresent()) {
        send(event(note, uid.get()));
      }
    } catch (KubernetesClientException e) {
      throw new NotPublishedException(e);
    }
  }

  /**
   * Returns the uid of the object, by which {@code kubectl describe} selects Events; empty if the
   * object is deleted.
   */
  private Optional<String> uid(Note note) {
    if (note.kind() == Kind.NODE) {
      return Optional.of(note.key().name()); // as the kubelet does
    }
    HasMetadata found =
        note.kind() == Kind.POD
            ? client.pods().inNamespace(note.key().namespace()).withName(note.key().name()).get()
            : client
                .network()
                .v1()
                .networkPolicies()
                .inNamespace(note.key().namespace())
                .withName(note.key().name())
                .get();
    return Optional.ofNullable(found).map(object -> object.getMetadata().getUid());
  }

  private Event event(Note note, String uid) {
    String reason = note.reason();
    String kind = note.kind().kubernetesName();
    String namespace = note.key().namespace().isEmpty() ? "default" : note.key().namespace();
    String start = note.key().name().substring(0, Math.min(note.key().name().length(), MAX_NAME));
    // The name is equal for the same object, reason and node, so that repetitions are counted.
    String name =
        start.replaceAll("[^a-z0-9]+$", "")
            + "."
            + Names.digest(String.join(" ", kind, uid, reason, node));
    String message = note.message();
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion(note.kind() == Kind.NETWORK_POLICY ? "networking.k8s.io/v1" : "v1")
        .withKind(kind)
        .withNamespace(note.key().namespace().isEmpty() ? null : note.key().namespace())
        .withName(note.key().name())
        .withUid(uid)
        .endInvolvedObject()
        .withType(note.warning() ? "Warning" : "Normal")
        .withReason(reason)
        .withMessage(message.getBytes(UTF_8).length > MAX_MESSAGE ? truncate(message) : message)
        .withNewSource()
        .withComponent("camel-netpol")
        .withHost(node)
        .endSource()
        .withReportingComponent("camel-netpol")
        .withReportingInstance(node)
        .withFirstTimestamp(note.first().toString())
        .withLastTimestamp(note.last().toString())
        .withCount(note.count())
        .build();
  }

  /** Truncates a message to the longest number of bytes, in whole characters. */
  private static String truncate(String message) {
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
