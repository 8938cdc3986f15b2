/** Models Kubernetes objects as immutable records: policies, pods, namespaces, nodes. */
package io.netpol.model;
