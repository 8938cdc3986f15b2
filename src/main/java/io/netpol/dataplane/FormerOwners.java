package io.netpol.dataplane;

import io.netpol.model.ObjectKey;
import io.netpol.net.IpAddress;
import java.util.Set;

/** Tells for which pods addresses were filtered by the rules that an earlier agent has left. */
public interface FormerOwners {

  /** Returns the addresses for which there are such rules. */
  Set<IpAddress> addresses();

  /** Returns whether one of the rules of an address is the pod's. */
  boolean names(IpAddress address, ObjectKey pod);
}
