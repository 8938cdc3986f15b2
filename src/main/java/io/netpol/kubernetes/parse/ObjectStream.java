package io.netpol.kubernetes.parse;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Parses a list or a watch while it arrives, object by object. Of each object it keeps only the
 * fields of {@link FieldFilter}.
 *
 * <p>A value of a wrong type affects only its object, which then has only its name and the reason.
 * Such an object alone is parsed twice. One thread uses it.
 */
public final class ObjectStream<T extends HasMetadata> {

  /** Takes the objects of a list. */
  public interface Each<T> {
    /** Takes one object. */
    void take(T object) throws IOException, InterruptedException;
  }

  /**
   * Holds what a list tells about itself.
   *
   * @param resourceVersion the version of the list; null if it has none
   * @param next the token of the next page; null or empty if there is none
   */
  public record ListEnd(String resourceVersion, String next) {}

  /**
   * Holds an event of a watch.
   *
   * @param type the type, such as {@code ADDED}
   * @param object the object; null if the server reports a failure
   * @param failure the failure; null if there is none
   */
  public record Event<T>(String type, T object, Status failure) {}

  private static final ObjectMapper MAPPER = ReadableObjects.mapper();

  private final ResourceType<T> kind;
  private final RecordedStream text;
  private final ObjectReader reader;

  /** Null until something is expected, because it waits for the first bytes. */
  private JsonParser parser;

  /** The positions of the last object in the stream. */
  private long start;

  private long end;

  /** Makes a parser of the body of an answer, without reading any of it. */
  public ObjectStream(InputStream body, ResourceType<T> kind) {
    this.kind = kind;
    text = new RecordedStream(body);
    reader = MAPPER.readerFor(kind.type());
  }

  private JsonToken first() throws IOException {
    if (parser == null) {
      parser = MAPPER.createParser(text);
    }
    return parser.nextToken();
  }

  /**
   * Reads a list, or a page of one.
   *
   * @param each takes each object as soon as it is parsed
   */
  public ListEnd list(Each<T> each) throws IOException, InterruptedException {
    expect(first(), JsonToken.START_OBJECT);
    String version = null;
    String next = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equals("metadata") && value == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          if (name.equals("resourceVersion")) {
            version = parser.getValueAsString();
          } else if (name.equals("continue")) {
            next = parser.getValueAsString();
          }
          parser.skipChildren();
        }
      } else if (field.equals("items") && value == JsonToken.START_ARRAY) {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          each.take(complete(object()));
        }
      } else {
        parser.skipChildren();
      }
    }
    expect(parser.currentToken(), JsonToken.END_OBJECT);
    expect(parser.nextToken(), null); // to its end, else the connection cannot be used again
    return new ListEnd(version, next);
  }

  /** Waits for the next event of a watch; null at the end. */
  public Event<T> event() throws IOException {
    JsonToken begin = first();
    if (begin == null) {
      return null;
    }
    expect(begin, JsonToken.START_OBJECT);
    String type = null;
    T object = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equals("type")) {
        type = parser.getText();
      } else if (!field.equals("object") || value != JsonToken.START_OBJECT) {
        parser.skipChildren();
      } else {
        object = object();
      }
    }
    if (type == null || object == null) {
      throw new IOException("not an event of a watch");
    }
    return type.equals("ERROR")
        ? new Event<>(type, null, MAPPER.readValue(text.part(start, end), Status.class))
        : new Event<>(type, complete(object), null);
  }

  /** No API server sends another; nothing could be said of it. */
  private T complete(T object) throws IOException {
    if (object == null || object.getMetadata() == null) {
      throw new IOException("the API server sent an object without metadata");
    }
    return object;
  }

  private void expect(JsonToken found, JsonToken expected) throws IOException {
    if (found != expected) {
      throw new IOException("not what a list or watch consists of: " + found);
    }
  }

  /** Parses the object that begins at the current token, and goes on to its end. */
  private T object() throws IOException {
    start = parser.currentTokenLocation().getByteOffset();
    int outside = parser.getParsingContext().getNestingDepth() - 1;
    text.forgetBefore(start);
    try {
      T object = reader.readValue(parser);
      end = parser.currentLocation().getByteOffset();
      return object;
    } catch (JsonMappingException e) {
      while (parser.getParsingContext().getNestingDepth() > outside) {
        if (parser.nextToken() == null) {
          throw e;
        }
      }
      end = parser.currentLocation().getByteOffset();
      return ReadableObjects.lenient()
          .unmarshal(new ByteArrayInputStream(text.part(start, end)), kind.type());
    }
  }
}
