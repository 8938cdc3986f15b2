package io.netpol.kubernetes.parse;

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
 * Parses lists and watch events in one pass; those that it cannot parse are parsed again by a
 * slower serialization.
 *
 * <p>By default, the client parses each watch event into a tree first, and loads every class of the
 * Kubernetes API to resolve its type.
 */
final class FastSerialization extends KubernetesSerialization {

  private static final SimpleModule EVENTS =
      new SimpleModule("watch-events").setMixInAnnotation(WatchEvent.class, OfWatchEvent.class);

  private final KubernetesSerialization thorough;

  /** The serialization for writing, without filters. */
  private final KubernetesSerialization whole =
      new KubernetesSerialization(new ObjectMapper(), false);

  /**
   * Makes a serialization for watched kinds.
   *
   * @param thorough parses what this one cannot
   */
  FastSerialization(KubernetesSerialization thorough) {
    super(new ObjectMapper().registerModules(FieldFilter.module(), EVENTS), false);
    this.thorough = thorough;
  }

  @Override
  public <T> T unmarshal(InputStream stream, TypeReference<T> type) {
    if (!(stream instanceof ByteArrayInputStream bytes)) { // the stream cannot be read twice
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

  /** Parses an object by its {@code kind}, which must come before the fields that depend on it. */
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
