package io.netpol.dataplane;

import io.netpol.dataplane.render.RuleLabel;
import java.util.Optional;

/**
 * Says how much has met a rule that ends a packet's way through a pod's chain.
 *
 * @param chain the chain's name
 * @param rule a text that no other rule of the chain has
 * @param label empty where the rule says nothing of what it is for
 */
public record RuleCounter(
    long packets, long bytes, String chain, String rule, Optional<RuleLabel> label) {}
