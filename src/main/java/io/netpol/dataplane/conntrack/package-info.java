/**
 * How conntrack says it: tracked connections, which of them no policy allows, and what deletes
 * them.
 */
package io.netpol.dataplane.conntrack;
