package io.netpol.dataplane;

/**
 * Is what a kernel had at one time, as one back-end has read it; see {@link Dataplane#snapshot}.
 */
public interface KernelSnapshot {}
