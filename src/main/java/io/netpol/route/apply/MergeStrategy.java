package io.netpol.route.apply;

import io.netpol.dataplane.ReconcileRequest;
import io.netpol.route.ApplyState;
import io.netpol.route.NetpolHeaders;
import io.netpol.route.flow.IndexUpdater;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges the requests of many events into one batch, in which each pod and set occurs once.
 *
 * <p>The exchanges of the events have ended when the batch is applied. If the routes fail for the
 * batch (not if the kernel refuses it), nothing else would retry it: so it counts as a failed
 * attempt, and its request becomes pending again.
 */
public final class MergeStrategy implements AggregationStrategy {

  private static final Logger LOG = LoggerFactory.getLogger(MergeStrategy.class);

  private final IndexUpdater enrich;
  private final ApplyService apply;
  private final PendingTimer timer;

  /**
   * Creates the strategy; the index updater and the service receive the batches for which the
   * routes fail, and the timer is told of each request.
   */
  public MergeStrategy(IndexUpdater enrich, ApplyService apply, PendingTimer timer) {
    this.timer = timer;
    this.enrich = enrich;
    this.apply = apply;
  }

  @Override
  public Exchange aggregate(Exchange batch, Exchange next) {
    if (!(next.getMessage().getBody() instanceof ReconcileRequest request)) {
      throw new IllegalArgumentException(
          "the body is not a ReconcileRequest: " + next.getMessage().getBody());
    }
    timer.added();
    Long eventTime = next.getMessage().getHeader(NetpolHeaders.EVENT_TIME, Long.class);
    if (batch == null) {
      next.getMessage().removeHeaders("*");
      setEventTime(next, eventTime);
      next.getMessage().setBody(new ReconcileRequest.Union().add(request));
      return next;
    }
    Long before = batch.getMessage().getHeader(NetpolHeaders.EVENT_TIME, Long.class);
    ReconcileRequest.Union all = batch.getMessage().getBody(ReconcileRequest.Union.class);
    // A trace follows the first event, and not a check that waited for it.
    Exchange goesOn = before == null && eventTime != null ? next : batch;
    if (goesOn == next) {
      next.getMessage().removeHeaders("*");
      next.getMessage().setBody(all);
    }
    setEventTime(goesOn, IndexUpdater.older(before, eventTime));
    all.add(request);
    return goesOn;
  }

  /** Makes the body one request, and watches whether the routes fail for it. */
  @Override
  public void onCompletion(Exchange batch) {
    ReconcileRequest request = batch.getMessage().getBody(ReconcileRequest.Union.class).request();
    batch.getMessage().setBody(request);
    Long eventTime = batch.getMessage().getHeader(NetpolHeaders.EVENT_TIME, Long.class);
    batch
        .getExchangeExtension()
        .addOnCompletion(
            new OwnCompletion() {
              @Override
              public void onFailure(Exchange failed) {
                keep(request, eventTime, failed);
              }
            });
  }

  private void keep(ReconcileRequest request, Long eventTime, Exchange failed) {
    String failure = String.valueOf(failed.getException());
    LOG.error(
        "the routes failed for the batch triggered by {}; it is pending again with the next event or"
            + " resync: {}",
        String.join(", ", request.triggers()),
        failure);
    enrich.keep(request, eventTime);
    apply.routesFailed(failed.getVariable(ApplyState.VARIABLE, ApplyState.class), failure);
  }

  private static void setEventTime(Exchange exchange, Long eventTime) {
    if (eventTime != null) {
      exchange.getMessage().setHeader(NetpolHeaders.EVENT_TIME, eventTime);
    }
  }
}
