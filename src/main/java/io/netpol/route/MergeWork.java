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
    if (gathered == null) {
      next.getMessage().removeHeaders("*");
      return next;
    }
    Work work = gathered.getMessage().getBody(Work.class);
    gathered.getMessage().setBody(work.and(next.getMessage().getBody(Work.class)));
    return gathered;
  }
}
