/**
 * Watches Kubernetes objects with Camel components, and converts objects of the API and of files to
 * the records of {@link io.netpol.model}.
 */
package io.netpol.kubernetes;
