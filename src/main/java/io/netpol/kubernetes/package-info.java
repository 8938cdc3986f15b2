/**
 * How Kubernetes objects are heard: the Camel components that watch them, and the conversion of
 * what the API or a file says to the records of {@link io.netpol.model}.
 */
package io.netpol.kubernetes;
