package io.netpol.kubernetes.parse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import io.netpol.net.Quote;

/** Explains failures of the parsers of JSON and YAML in words, without names of classes. */
public final class ParserError {

  /** The length of a parser's message, in characters. */
  private static final int MAX_REASON = 120;

  private ParserError() {}

  /** Returns the path of the invalid value, as in {@code spec.ports[0]}; empty if unknown. */
  public static String path(JsonMappingException e) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(Quote.printable(step.getFieldName()));
      }
    }
    return path.toString();
  }

  /** Returns the reason. */
  public static String reason(JsonProcessingException e) {
    return reason(e.getOriginalMessage());
  }

  /** Returns the first line of a parser's message, printable; a default text for null. */
  public static String reason(String said) {
    String message = said == null ? "unreadable" : said;
    int end = message.indexOf('\n');
    return Quote.printable(
        (end < 0 ? message : message.substring(0, end)).replace('"', '\''), MAX_REASON);
  }
}
