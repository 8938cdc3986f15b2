/**
 * Parses conntrack's listings, finds the tracked connections that no policy allows, and writes the
 * commands that delete them.
 */
package io.netpol.dataplane.conntrack;
