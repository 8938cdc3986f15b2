package io.netpol.route.flow;

import io.netpol.model.NetworkPolicy;
import io.netpol.model.PolicyClass;
import io.netpol.route.NetpolHeaders;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Sets the class of a policy as headers; leaves messages about other objects as they are. */
public final class PolicyClassifier implements Processor {

  private static final Logger LOG = LoggerFactory.getLogger(PolicyClassifier.class);

  @Override
  public void process(Exchange exchange) {
    NetworkPolicy policy = exchange.getVariable(NetpolHeaders.POLICY, NetworkPolicy.class);
    if (policy == null) {
      return;
    }
    PolicyClass found = PolicyClass.of(policy);
    exchange.getMessage().setHeader(NetpolHeaders.POLICY_TYPE, found.type());
    exchange.getMessage().setHeader(NetpolHeaders.POLICY_EFFECT, found.effect());
    boolean isKnown =
        exchange.getMessage().getHeader(NetpolHeaders.FIRST_LIST, false, boolean.class);
    LOG.atLevel(isKnown ? Level.DEBUG : Level.INFO)
        .log("policy {} is {}, {}", policy.key(), found.type(), found.effect());
  }
}
