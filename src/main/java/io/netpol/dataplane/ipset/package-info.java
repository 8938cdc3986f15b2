/**
 * How ipset says it: sets and their entries as text, listings as they are read, and the difference
 * of both.
 */
package io.netpol.dataplane.ipset;
