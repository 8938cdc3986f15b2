/** Records what the agent applies, for health, metrics and consoles. */
package io.netpol.observe;
