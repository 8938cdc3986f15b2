/**
 * What Kubernetes objects mean, as records that never change: policies, pods, namespaces, nodes.
 */
package io.netpol.model;
