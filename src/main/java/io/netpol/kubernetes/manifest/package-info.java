/** Reads files of manifests, and says at which line something is wrong. */
package io.netpol.kubernetes.manifest;
