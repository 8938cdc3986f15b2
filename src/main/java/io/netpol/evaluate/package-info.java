/** Decides whether policies allow a connection, and explains why. */
package io.netpol.evaluate;
