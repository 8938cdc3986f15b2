package io.netpol.dataplane;

/**
 * Holds the state of a kernel at one time, as a back-end has parsed it; see {@link
 * Dataplane#snapshot}.
 */
public interface KernelSnapshot {}
