package io.netpol.kubernetes.parse;

import io.netpol.net.Quote;
import java.util.Optional;
import java.util.regex.Pattern;

/** Validates names and labels as the API server does ({@code apimachinery/pkg/util/validation}). */
public enum NameSyntax {
  /** A DNS subdomain (RFC 1123): the name of a Pod, Node or NetworkPolicy. */
  NAME("a name", "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", 253),
  /** A DNS label (RFC 1123). */
  NAMESPACE("a name of a namespace", "[a-z0-9]([-a-z0-9]*[a-z0-9])?", 63),
  /** A name, after a DNS subdomain and a slash where there is a prefix. */
  LABEL_KEY("a key of a label", NameSyntax.WORD, 63),
  /** The value of a label; may be empty. */
  LABEL_VALUE("a value of a label", "(" + NameSyntax.WORD + ")?", 63);

  private static final String WORD = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

  private final String what;
  private final Pattern pattern;
  private final int longest;

  NameSyntax(String what, String pattern, int longest) {
    this.what = what;
    this.pattern = Pattern.compile(pattern);
    this.longest = longest;
  }

  /** Returns why an API server refuses the text; empty if it accepts it. */
  public Optional<String> whyRefused(String text) {
    int slash = this == LABEL_KEY ? text.indexOf('/') : -1;
    if (slash >= 0 && !NAME.isTaken(text.substring(0, slash))
        || !isTaken(text.substring(slash + 1))) {
      return Optional.of("not " + what + ": " + Quote.quote(text) + " (" + allowed() + ")");
    }
    return Optional.empty();
  }

  private boolean isTaken(String text) {
    return text.length() <= longest && pattern.matcher(text).matches();
  }

  private String allowed() {
    String characters =
        switch (this) {
          case NAME -> "small letters, digits, - and .";
          case NAMESPACE -> "small letters, digits and -";
          case LABEL_KEY, LABEL_VALUE -> "letters, digits, -, _ and .";
        };
    return "at most " + longest + " " + characters + ", a letter or digit at both ends";
  }
}
