package io.netpol.dataplane;

/**
 * Names two settings that are valid alone and that cannot be meant together.
 *
 * @param one the name of a setting, such as {@code netpol.backend}
 * @param other the name of the other one
 * @param reason why they contradict each other, as a clause
 * @param advice what to set instead, as an imperative clause
 */
public record Contradiction(String one, String other, String reason, String advice) {}
