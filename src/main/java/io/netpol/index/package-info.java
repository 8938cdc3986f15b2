/**
 * Indexes the objects that the agent watches: which pods selectors select, and what a change of an
 * object affects.
 */
package io.netpol.index;
