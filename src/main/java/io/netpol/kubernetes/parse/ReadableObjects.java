package io.netpol.kubernetes.parse;

import static io.netpol.net.Quote.printable;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Parses responses of an API server so that a value of a wrong type affects only its object.
 *
 * <p>The client would reject the whole page of the list, on each retry. Here such an object has
 * only its name and the reason.
 */
public final class ReadableObjects {

  /** The annotation that contains the reason. */
  private static final String REASON = "io.netpol/unreadable";

  /** The length limit in characters. */
  private static final int MAX_REASON = 300;

  private static final Map<Class<?>, ResourceType<?>> KINDS =
      ResourceType.ALL.stream().collect(Collectors.toMap(ResourceType::type, Function.identity()));

  private static final FastSerialization FAST = new FastSerialization();

  private ReadableObjects() {}

  /**
   * Returns the one serialization of sources and client, which parses only the fields of {@link
   * FieldFilter}.
   */
  public static KubernetesSerialization serialization() {
    return FAST;
  }

  /** Returns the mapper of {@link #serialization}, which must not be changed. */
  static ObjectMapper mapper() {
    return FAST.mapper();
  }

  /** Returns the serialization that parses what no other can, but slowly. */
  static KubernetesSerialization lenient() {
    return Thorough.SERIALIZATION;
  }

  /** Made when it is needed: most clusters have no object that needs it. */
  private static final class Thorough {
    static final KubernetesSerialization SERIALIZATION = thorough();
  }

  private static KubernetesSerialization thorough() {
    ObjectMapper mapper = new ObjectMapper();
    mapper.registerModule(FieldFilter.module());
    mapper.registerModule(
        new SimpleModule("readable-objects")
            .setDeserializerModifier(
                new BeanDeserializerModifier() {
                  private static final long serialVersionUID = 1L;

                  @Override
                  public JsonDeserializer<?> modifyDeserializer(
                      DeserializationConfig config,
                      BeanDescription description,
                      JsonDeserializer<?> deserializer) {
                    ResourceType<?> kind = KINDS.get(description.getBeanClass());
                    return kind == null ? deserializer : new Lenient(deserializer, kind);
                  }
                }));
    return new KubernetesSerialization(mapper, true);
  }

  /** Returns why the object could not be parsed; empty if it could. */
  public static Optional<String> whyUnreadable(ObjectMeta metadata) {
    Object reason = metadata == null ? null : metadata.getAdditionalProperties().get(REASON);
    return reason == null
        ? Optional.empty()
        : Optional.of(printable(reason.toString(), MAX_REASON));
  }

  private static final class Lenient extends DelegatingDeserializer {

    private static final long serialVersionUID = 1L;

    private final transient ResourceType<?> kind;

    Lenient(JsonDeserializer<?> deserializer, ResourceType<?> kind) {
      super(deserializer);
      this.kind = kind;
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> contextual) {
      return new Lenient(contextual, kind);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      try (TokenBuffer copy = context.bufferAsCopyOfValue(parser)) {
        try (JsonParser tokens = copy.asParserOnFirstToken()) {
          return super.deserialize(tokens, context);
        } catch (JsonMappingException e) {
          try (JsonParser tokens = copy.asParserOnFirstToken()) {
            return unreadable(context.readTree(tokens), e);
          }
        }
      }
    }

    private HasMetadata unreadable(JsonNode tree, JsonMappingException e) {
      JsonNode given = tree.path("metadata");
      ObjectMeta metadata = new ObjectMeta();
      metadata.setName(text(given, "name"));
      metadata.setNamespace(text(given, "namespace"));
      metadata.setUid(text(given, "uid"));
      metadata.setResourceVersion(text(given, "resourceVersion"));
      String path = ParserError.path(e);
      metadata.setAdditionalProperty(
          REASON, (path.isEmpty() ? "" : path + ": ") + ParserError.reason(e));
      HasMetadata object = kind.blank().get();
      object.setMetadata(metadata);
      return object;
    }

    private static String text(JsonNode node, String field) {
      return node.path(field).isTextual() ? node.get(field).asText() : null;
    }
  }
}
