/** Questions about one connection as people ask them, and answers as people read them. */
package io.netpol.analysis.explain;
