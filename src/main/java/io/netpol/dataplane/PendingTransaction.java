package io.netpol.dataplane;

/**
 * Pairs a transaction with the update of the observed state that follows its success.
 *
 * @param confirmed called at most once, under the lock of the dataplane
 */
public record PendingTransaction(Transaction transaction, Runnable confirmed) {}
