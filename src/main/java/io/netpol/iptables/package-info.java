/**
 * How the kernel hears it: chains, rules, sets, their names, the text of payloads, and the
 * difference between what is wanted and what is present. The text of the kernel's language is made
 * here and nowhere else.
 */
package io.netpol.iptables;
