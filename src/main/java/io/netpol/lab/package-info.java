/**
 * Builds a small network of Linux network namespaces, measures with real connections who can talk
 * to whom in it, and plays the demo there.
 *
 * <p>These classes and the libraries that only they use are jars in {@code lib/demo}. The launcher
 * gives them to the {@code demo} command alone, and the image has none.
 */
package io.netpol.lab;
