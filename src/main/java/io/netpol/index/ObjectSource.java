package io.netpol.index;

import java.util.List;

/**
 * Sends {@link ObjectEvent}s to the agent's routes: a watch of the API server, or any other
 * endpoint. Health, metrics and the console query each source in the registry.
 */
public interface ObjectSource {

  /** Returns the status of each kind that the source sends. May be called by any thread. */
  List<WatchStatus> status();
}
