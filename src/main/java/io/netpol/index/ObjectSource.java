package io.netpol.index;

import java.util.List;

/**
 * Tells the agent's routes of objects: a watch of the API server, or whatever else a route takes
 * {@link ObjectEvent}s from. Health, metrics and the console ask each one that the registry has.
 */
public interface ObjectSource {

  /** Returns how each kind that it tells of is doing now. Any thread. */
  List<WatchStatus> status();
}
