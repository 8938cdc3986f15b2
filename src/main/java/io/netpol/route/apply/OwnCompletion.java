package io.netpol.route.apply;

import org.apache.camel.support.SynchronizationAdapter;

/**
 * Runs when the exchange itself is done. Camel hands other completions over to a copy that
 * continues alone, such as through a {@code seda} queue: then a sync would last until the consumer
 * of the queue is done, and the consumer's failure would count as the sync's.
 */
abstract class OwnCompletion extends SynchronizationAdapter {

  @Override
  public final boolean allowHandover() {
    return false;
  }
}
