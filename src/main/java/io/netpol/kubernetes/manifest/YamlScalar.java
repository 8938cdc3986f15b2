package io.netpol.kubernetes.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.netpol.net.Quote;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Resolves a YAML scalar to a value as kubectl does.
 *
 * <p>kubectl parses YAML 1.1 with the exceptions that {@code go.yaml.in/yaml/v2} makes ({@code
 * resolve.go}): there is no base 60, {@code 0o17} is octal too, and a timestamp stays a text.
 */
final class YamlScalar {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final Set<String> TRUE =
      Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
  private static final Set<String> FALSE =
      Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
  private static final Set<String> NULL = Set.of("", "~", "null", "Null", "NULL");
  private static final Pattern NOT_FINITE =
      Pattern.compile("[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");

  /** Groups: sign; then digits in base 2, 16, 8 and 10. */
  private static final Pattern INTEGER =
      Pattern.compile("([-+]?)(?:0[bB]([01]+)|0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))");

  private static final int[] BASES = {2, 16, 8, 10};

  private static final Pattern FLOAT =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  /** The digits of a 64-bit integer in base 2, without signs and underscores. */
  private static final int MAX_DIGITS = 66;

  /** The number from which Go formats with an exponent, and no field accepts it as an integer. */
  private static final double MAX_INTEGRAL = 1e21;

  private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private static final String TAGS = "tag:yaml.org,2002:";

  private YamlScalar() {}

  /**
   * Resolves a plain scalar.
   *
   * @throws IllegalArgumentException for infinity and NaN
   */
  static JsonNode plain(String text) {
    if (TRUE.contains(text)) {
      return NODES.booleanNode(true);
    } else if (FALSE.contains(text)) {
      return NODES.booleanNode(false);
    } else if (NULL.contains(text)) {
      return NODES.nullNode();
    } else if (NOT_FINITE.matcher(text).matches()) {
      throw new IllegalArgumentException("no number of JSON: " + Quote.quote(text));
    }
    char first = text.charAt(0);
    boolean digit = first >= '0' && first <= '9' || first == '-' || first == '+';
    if (!digit && first != '.') {
      return NODES.textNode(text);
    }
    String plain = text.replace("_", "");
    JsonNode integer = digit && plain.length() <= MAX_DIGITS ? integer(plain) : null;
    if (integer != null) {
      return integer;
    }
    // ".5_0" is .5, "._5" is a text
    boolean number = FLOAT.matcher(plain).matches() && !text.startsWith("._");
    double value = number ? Double.parseDouble(plain) : Double.NaN;
    return Double.isFinite(value) ? decimal(value) : NODES.textNode(text);
  }

  /**
   * Resolves a scalar with a tag.
   *
   * @param tag such as {@code tag:yaml.org,2002:int}
   * @throws IllegalArgumentException if the text is invalid for the tag, or the tag is unknown
   */
  static JsonNode tagged(String tag, String text) {
    String type = tag.startsWith(TAGS) ? tag.substring(TAGS.length()) : tag;
    JsonNode value =
        switch (type) {
          case "!", "str", "timestamp" -> NODES.textNode(text);
          case "int", "float", "bool", "null" -> plain(text);
          default -> throw new IllegalArgumentException("unknown tag: " + Quote.quote(tag));
        };
    boolean fits =
        Map.of(
                "int", value.isIntegralNumber(),
                "float", value.isNumber(),
                "bool", value.isBoolean(),
                "null", value.isNull())
            .getOrDefault(type, true);
    if (!fits) {
      throw new IllegalArgumentException(Quote.quote(text) + " is no " + type);
    }
    return value;
  }

  /** Returns the integer; null if the text is not one of at most 64 bits. */
  private static JsonNode integer(String plain) {
    Matcher matcher = INTEGER.matcher(plain);
    if (!matcher.matches()) {
      return null;
    }
    for (int i = 0; i < BASES.length; i++) {
      String digits = matcher.group(i + 2);
      if (digits != null) {
        BigInteger value = new BigInteger(digits, BASES[i]);
        value = matcher.group(1).equals("-") ? value.negate() : value;
        boolean large = value.bitLength() >= Long.SIZE && !matcher.group(1).isEmpty();
        return value.compareTo(MIN) < 0 || value.compareTo(MAX) > 0 || large && !value.equals(MIN)
            ? null
            : whole(value);
      }
    }
    return null;
  }

  private static JsonNode whole(BigInteger value) {
    if (value.bitLength() < Integer.SIZE) {
      return NODES.numberNode(value.intValue());
    }
    return value.bitLength() < Long.SIZE
        ? NODES.numberNode(value.longValue())
        : NODES.numberNode(value);
  }

  /**
   * Returns a number, as an integer if it is whole: {@code 80.0} and {@code 8e1} are 80, as in
   * JSON.
   */
  private static JsonNode decimal(double value) {
    return value == Math.rint(value) && Math.abs(value) < MAX_INTEGRAL
        ? whole(new BigDecimal(Double.toString(value)).toBigInteger())
        : NODES.numberNode(value);
  }
}
