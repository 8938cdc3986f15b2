/**
 * Models the rules for the pods of this node as data: matches, actions, and labels that name the
 * policy. No class here knows the language of a back-end, and no back-end knows a policy.
 */
package io.netpol.dataplane.render;
