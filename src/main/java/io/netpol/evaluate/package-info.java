/** The verdict of a connection, and the reasons for it. */
package io.netpol.evaluate;
