/** Provides the readiness and liveness checks. */
package io.netpol.observe.health;
