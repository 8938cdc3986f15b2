package io.netpol.dataplane;

import io.netpol.dataplane.render.RuleLabel;
import java.util.Optional;

/**
 * Reports the packets and bytes that matched a final rule of a pod's chain.
 *
 * @param chain the name of the pod's chain in the kernel
 * @param rule the text of the rule, unique in the chain
 * @param label empty if the rule has none
 */
public record RuleCounter(
    long packets, long bytes, String chain, String rule, Optional<RuleLabel> label) {}
