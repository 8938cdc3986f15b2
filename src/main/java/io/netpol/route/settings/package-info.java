/** Reads and checks the settings of the agent. */
package io.netpol.route.settings;
