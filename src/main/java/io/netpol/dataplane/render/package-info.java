/**
 * The rules that the kernel must have for the pods of this node, as data: what a packet must be,
 * what becomes of it, and which policy says so. No class here knows the language of a back-end, and
 * no back-end knows a policy.
 */
package io.netpol.dataplane.render;
