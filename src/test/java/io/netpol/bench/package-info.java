/**
 * The benchmark that {@code ./dev bench} runs, and the load it is measured with. Not part of the
 * distribution.
 */
package io.netpol.bench;
