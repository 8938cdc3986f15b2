package io.netpol.kubernetes;

import static java.net.HttpURLConnection.HTTP_FORBIDDEN;
import static java.net.HttpURLConnection.HTTP_GONE;
import static java.net.HttpURLConnection.HTTP_UNAUTHORIZED;

import java.io.IOException;
import java.time.Duration;

/** Reports that the API server answered a request otherwise than with what was requested. */
final class RefusalException extends IOException {

  private static final long serialVersionUID = 1L;

  private final int code;
  private final Duration retryAfter;

  /**
   * Makes an exception with the message {@code code message}.
   *
   * @param code the HTTP status
   * @param retryAfter how long the server wants to be left alone; zero if it does not say
   */
  RefusalException(int code, String message, Duration retryAfter) {
    super(code + " " + message);
    this.code = code;
    this.retryAfter = retryAfter;
  }

  int code() {
    return code;
  }

  Duration retryAfter() {
    return retryAfter;
  }

  /** Returns whether the version to continue from is too old. */
  boolean isGone() {
    return code == HTTP_GONE;
  }

  /** Returns whether the server does not let the agent read this. */
  boolean isDenied() {
    return code == HTTP_UNAUTHORIZED || code == HTTP_FORBIDDEN;
  }
}
