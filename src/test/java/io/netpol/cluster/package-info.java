/**
 * Tests in the cluster that {@code ./dev cluster up} has started, with the agents that {@code ./dev
 * cluster image} has built. {@code ./dev test --cluster} does all of it.
 */
package io.netpol.cluster;
