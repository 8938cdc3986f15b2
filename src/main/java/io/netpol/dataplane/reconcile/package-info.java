/**
 * Reconciles what the kernel should have with what it has, family by family, for every back-end:
 * which chains and sets differ, which members changed, what others changed, and what has to be
 * repaired. It compares texts, and knows the language of no tool.
 */
package io.netpol.dataplane.reconcile;
