/**
 * A small network of Linux network namespaces, and a prober that measures with real connections who
 * can talk to whom in it. Nothing here knows what a policy is.
 */
package io.netpol.demo;
