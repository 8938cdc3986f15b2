package io.netpol.kubernetes.parse;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/**
 * Parses in one pass and only the fields of {@link FieldFilter}; what it cannot parse is parsed
 * again by a slower serialization. It writes all fields. Any thread may use it.
 */
final class FastSerialization extends KubernetesSerialization {

  private final ObjectMapper mapper;

  /** The serialization for writing, without filters. */
  private final KubernetesSerialization whole =
      new KubernetesSerialization(new ObjectMapper(), false);

  FastSerialization() {
    this(new ObjectMapper().registerModule(FieldFilter.module()));
  }

  private FastSerialization(ObjectMapper mapper) {
    super(mapper, false); // sets the mapper up
    this.mapper = mapper;
  }

  /** Returns the mapper that parses, which must not be changed. */
  ObjectMapper mapper() {
    return mapper;
  }

  @Override
  public <T> T unmarshal(InputStream stream, TypeReference<T> type) {
    if (!(stream instanceof ByteArrayInputStream bytes)) { // the stream cannot be read twice
      return ReadableObjects.lenient().unmarshal(stream, type);
    }
    bytes.mark(0);
    try {
      return super.unmarshal(bytes, type);
    } catch (RuntimeException e) {
      bytes.reset();
      return ReadableObjects.lenient().unmarshal(bytes, type);
    }
  }

  @Override
  public <T> T convertValue(Object value, Class<T> type) {
    return ReadableObjects.lenient().convertValue(value, type);
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
}
