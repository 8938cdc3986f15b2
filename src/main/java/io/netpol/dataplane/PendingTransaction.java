package io.netpol.dataplane;

/**
 * Is a transaction with what a back-end notes when the tool has taken it.
 *
 * @param confirmed called at most once, under the lock of the dataplane
 */
public record PendingTransaction(Transaction transaction, Runnable confirmed) {}
