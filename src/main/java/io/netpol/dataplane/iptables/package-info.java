/**
 * Implements the back-end of iptables and ipset: writes and parses chains and rules, and reconciles
 * the desired with the observed state.
 */
package io.netpol.dataplane.iptables;
