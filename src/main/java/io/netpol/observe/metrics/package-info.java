/** Registers the metrics of the agent. */
package io.netpol.observe.metrics;
