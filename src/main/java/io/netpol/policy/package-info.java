/**
 * What Kubernetes objects mean: slim records, selectors, the {@link io.netpol.policy.Cluster}
 * index, classification and the evaluator. Depends on the JDK only.
 */
package io.netpol.policy;
