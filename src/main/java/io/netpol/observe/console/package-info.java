/** Answers operators: consoles, HTTP endpoints, JMX, and the texts they share with commands. */
package io.netpol.observe.console;
