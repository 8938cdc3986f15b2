/** Stores the payloads that the kernel refused, and delivers them again. */
package io.netpol.route.deadletter;
