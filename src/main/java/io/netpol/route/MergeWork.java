package io.netpol.route;

import io.netpol.iptables.Work;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** Makes one piece of work of many: a pod or set that several events make due is due once. */
public final class MergeWork implements AggregationStrategy {

  @Override
  public Exchange aggregate(Exchange gathered, Exchange next) {
    if (!(next.getMessage().getBody() instanceof Work)) {
      throw new IllegalArgumentException("what is due is no work: " + next.getMessage().getBody());
    }
    Long since = next.getMessage().getHeader(NetpolHeaders.SINCE, Long.class);
    if (gathered == null) {
      next.getMessage().removeHeaders("*");
      setSince(next, since);
      return next;
    }
    setSince(
        gathered, older(gathered.getMessage().getHeader(NetpolHeaders.SINCE, Long.class), since));
    Work work = gathered.getMessage().getBody(Work.class);
    gathered.getMessage().setBody(work.and(next.getMessage().getBody(Work.class)));
    return gathered;
  }

  /** The older of two times, either null. */
  static Long older(Long one, Long other) {
    return one == null ? other : other == null ? one : Long.valueOf(Math.min(one, other));
  }

  private static void setSince(Exchange exchange, Long since) {
    if (since != null) {
      exchange.getMessage().setHeader(NetpolHeaders.SINCE, since);
    }
  }
}
