/** Addresses, blocks of addresses, families and protocols. Depends on the JDK only. */
package io.netpol.net;
