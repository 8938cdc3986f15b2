package io.netpol.kubernetes;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads lists and watch events in one pass, as they usually are; what cannot be read so is read
 * again by another serialization, which takes its time.
 *
 * <p>The client of itself makes a tree of each watch event first, and loads every class of the
 * Kubernetes API there is to know what the event may hold.
 */
final class FastSerialization extends KubernetesSerialization {

  private static final SimpleModule EVENTS =
      new SimpleModule("watch-events").setMixInAnnotation(WatchEvent.class, OfWatchEvent.class);

  private final KubernetesSerialization thorough;

  /** What is written is written whole. */
  private final KubernetesSerialization whole =
      new KubernetesSerialization(new ObjectMapper(), false);

  /**
   * A serialization for watched kinds.
   *
   * @param thorough reads what this one cannot
   */
  FastSerialization(KubernetesSerialization thorough) {
    super(new ObjectMapper().registerModules(FieldFilter.module(), EVENTS), false);
    this.thorough = thorough;
  }

  @Override
  public <T> T unmarshal(InputStream stream, TypeReference<T> type) {
    if (!(stream instanceof ByteArrayInputStream bytes)) { // cannot be read twice
      return thorough.unmarshal(stream, type);
    }
    bytes.mark(0);
    try {
      return super.unmarshal(bytes, type);
    } catch (RuntimeException e) {
      bytes.reset();
      return thorough.unmarshal(bytes, type);
    }
  }

  @Override
  public <T> T convertValue(Object value, Class<T> type) {
    return thorough.convertValue(value, type);
  }

  @Override
  public <T> String asJson(T object) {
    return whole.asJson(object);
  }

  @Override
  public <T> String asYaml(T object) {
    return whole.asYaml(object);
  }

  @Override
  public <T> T clone(T resource) {
    return whole.clone(resource);
  }

  private abstract static class OfWatchEvent {
    @JsonDeserialize(using = WatchedObject.class)
    Object object;

    @JsonDeserialize(using = WatchedObject.class)
    abstract void setObject(Object object);
  }

  /** Reads an object by its {@code kind}, which has to stand before all that is read by it. */
  private static final class WatchedObject extends JsonDeserializer<HasMetadata> {

    /** By {@code apiVersion} and {@code kind}. */
    private static final Map<String, ResourceType<?>> KINDS =
        ResourceType.ALL.stream()
            .collect(
                Collectors.toMap(
                    kind -> HasMetadata.getApiVersion(kind.type()) + " " + kind.kind(),
                    Function.identity()));

    @Override
    public HasMetadata deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      String kind = null;
      String version = null;
      JsonToken token = parser.isExpectedStartObjectToken() ? parser.nextToken() : null;
      while (token == JsonToken.FIELD_NAME && (kind == null || version == null)) {
        String field = parser.currentName();
        if (field.equals("kind")) {
          kind = text(parser);
        } else if (field.equals("apiVersion")) {
          version = text(parser);
        } else {
          break;
        }
        token = parser.nextToken();
      }
      ResourceType<?> watched = KINDS.get(version + " " + kind);
      if (watched == null) {
        throw JsonMappingException.from(parser, "not a watched kind: " + version + " " + kind);
      }
      return (HasMetadata)
          context
              .findRootValueDeserializer(context.constructType(watched.type()))
              .deserialize(parser, context);
    }

    private static String text(JsonParser parser) throws IOException {
      String text = parser.nextTextValue();
      if (text == null) {
        throw JsonMappingException.from(parser, "not a text: " + parser.currentToken());
      }
      return text;
    }
  }
}
