package io.netpol.dataplane;

import io.netpol.model.ObjectKey;
import io.netpol.net.IpAddress;
import java.util.Set;

/** Finds the pods that owned addresses by the rules that the previous agent left in the kernel. */
public interface FormerOwners {

  /** Returns the addresses with such rules. */
  Set<IpAddress> addresses();

  /** Returns whether a rule of the address names the pod. */
  boolean names(IpAddress address, ObjectKey pod);
}
