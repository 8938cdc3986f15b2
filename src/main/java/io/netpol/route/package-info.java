/** Provides the beans that the YAML routes call, and the settings of the agent. */
package io.netpol.route;
