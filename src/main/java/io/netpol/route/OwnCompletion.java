package io.netpol.route;

import org.apache.camel.support.SynchronizationAdapter;

/**
 * Is called when an exchange itself is done. Camel would hand it over to a copy that goes on by
 * itself, such as to a {@code seda} queue: then an apply would last until whoever reads the queue
 * is done, and its failure would be the reader's.
 */
abstract class OwnCompletion extends SynchronizationAdapter {

  @Override
  public final boolean allowHandover() {
    return false;
  }
}
