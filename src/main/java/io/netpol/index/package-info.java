/**
 * What the agent knows: the objects, which pods selectors mean, and what a change of an object
 * affects.
 */
package io.netpol.index;
