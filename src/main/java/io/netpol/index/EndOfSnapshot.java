package io.netpol.index;

import io.netpol.model.Kind;

/**
 * Says that a source has told of every object of a kind that there was when it began.
 *
 * @param kind what is known as a whole from now on
 */
public record EndOfSnapshot(Kind kind) {}
