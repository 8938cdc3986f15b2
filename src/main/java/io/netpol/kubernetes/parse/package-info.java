/** Converts API objects to the model, and says which are unreadable and why. */
package io.netpol.kubernetes.parse;
