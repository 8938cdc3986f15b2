/**
 * Writes and parses the text of ipset: sets and their entries, listings, and the difference of
 * both.
 */
package io.netpol.dataplane.ipset;
