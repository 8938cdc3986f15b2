package io.netpol.route;

import io.netpol.dataplane.ReconcileRequest;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one piece of work of many: a pod or set that several events make due is due once.
 *
 * <p>The events have gone their way when the work is done. So where the routes fail for it, which
 * is not when the kernel refuses it, nobody else would know: it counts as an apply that failed, and
 * is due again.
 */
public final class MergeStrategy implements AggregationStrategy {

  private static final Logger LOG = LoggerFactory.getLogger(MergeStrategy.class);

  private final IndexUpdater enrich;
  private final ApplyService apply;

  /** One for each agent; these two are told of work that the routes fail for. */
  public MergeStrategy(IndexUpdater enrich, ApplyService apply) {
    this.enrich = enrich;
    this.apply = apply;
  }

  @Override
  public Exchange aggregate(Exchange gathered, Exchange next) {
    if (!(next.getMessage().getBody() instanceof ReconcileRequest)) {
      throw new IllegalArgumentException("what is due is no work: " + next.getMessage().getBody());
    }
    Long since = next.getMessage().getHeader(NetpolHeaders.EVENT_TIME, Long.class);
    if (gathered == null) {
      next.getMessage().removeHeaders("*");
      setSince(next, since);
      return next;
    }
    setSince(
        gathered,
        older(gathered.getMessage().getHeader(NetpolHeaders.EVENT_TIME, Long.class), since));
    ReconcileRequest work = gathered.getMessage().getBody(ReconcileRequest.class);
    gathered.getMessage().setBody(work.and(next.getMessage().getBody(ReconcileRequest.class)));
    return gathered;
  }

  /** All is gathered, and its way to the kernel begins. */
  @Override
  public void onCompletion(Exchange gathered) {
    ReconcileRequest work = gathered.getMessage().getBody(ReconcileRequest.class);
    Long since = gathered.getMessage().getHeader(NetpolHeaders.EVENT_TIME, Long.class);
    gathered
        .getExchangeExtension()
        .addOnCompletion(
            new OwnCompletion() {
              @Override
              public void onFailure(Exchange failed) {
                lost(work, since, failed.getException());
              }
            });
  }

  private void lost(ReconcileRequest work, Long since, Exception failure) {
    LOG.error(
        "the routes have failed for what was due because of {}; it is due again with the next event"
            + " or resync: {}",
        String.join(", ", work.causes()),
        String.valueOf(failure));
    enrich.keep(work, since);
    apply.failed(null, String.valueOf(failure));
  }

  /** The older of two times by {@link System#nanoTime()}, either null. */
  static Long older(Long one, Long other) {
    return one == null || other != null && other - one < 0 ? other : one;
  }

  private static void setSince(Exchange exchange, Long since) {
    if (since != null) {
      exchange.getMessage().setHeader(NetpolHeaders.EVENT_TIME, since);
    }
  }
}
