package io.netpol.kubernetes.parse;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.TimeoutException;

/** Explains failures of servers and files in words, without names of classes. */
public final class Reason {

  private static final int MAX_DEPTH = 20;

  private Reason() {}

  /**
   * Returns the status and message of the API server if it answered, else the message of the
   * innermost exception.
   */
  public static String of(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      if (cause instanceof KubernetesClientException e && e.getCode() > 0) {
        String message = e.getStatus() == null ? null : e.getStatus().getMessage();
        return message == null ? e.getCode() + " " + e.getMessage() : message;
      }
      if (cause.getCause() == null) {
        break;
      }
      cause = cause.getCause();
    }
    String said = cause.getMessage();
    if (cause instanceof UnresolvedAddressException) {
      return "unknown host";
    } else if (cause instanceof FileSystemException e) {
      return e.getFile() + ": " + ofFile(e);
    } else if (cause instanceof UnknownHostException) {
      return "unknown host " + said;
    } else if (cause instanceof TimeoutException) {
      return "it does not answer in time";
    } else if (said == null && cause instanceof ConnectException
        || cause instanceof ClosedChannelException) {
      return "connection refused";
    } else if (said == null && cause instanceof NoRouteToHostException) {
      return "no route to the host";
    }
    return said == null ? "it is not said why" : said;
  }

  /** Returns the reason for the failure of a file, without its name. */
  public static String ofFile(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "no such file or folder";
    } else if (failure instanceof AccessDeniedException) {
      return "permission denied";
    } else if (failure instanceof FileAlreadyExistsException) {
      return "a file of this name is there";
    } else if (failure instanceof FileSystemException e && e.getReason() != null) {
      return e.getReason();
    }
    return failure instanceof FileSystemException || failure.getMessage() == null
        ? "it is not said why"
        : failure.getMessage();
  }
}
