/**
 * How iptables says it: chains and rules as text, listings as they are read, and the difference of
 * both.
 */
package io.netpol.dataplane.iptables;
