/** Provides addresses, CIDR blocks, address families and protocols. Depends on the JDK only. */
package io.netpol.net;
