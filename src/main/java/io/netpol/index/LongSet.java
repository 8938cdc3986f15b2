package io.netpol.index;

import java.util.Arrays;

/**
 * A set of numbers other than 0, in an eighth of the room that a {@code Set<Long>} takes: a cluster
 * has some hundred thousand members of sets.
 */
public final class LongSet {

  private static final int LEAST = 8;

  /** A power of two of places, at most three quarters of them in use; 0 where nothing is. */
  private long[] places = new long[LEAST];

  private int size;

  /** Adds a number; whether it was not there. */
  public boolean add(long number) {
    if (number == 0) {
      throw new IllegalArgumentException("0 cannot be kept");
    }
    int place = find(number);
    if (places[place] != 0) {
      return false;
    }
    places[place] = number;
    size++;
    if (size > places.length / 4 * 3) {
      rehash(places.length * 2);
    }
    return true;
  }

  /** Removes a number; whether it was there. */
  public boolean remove(long number) {
    int place = find(number);
    if (number == 0 || places[place] == 0) {
      return false;
    }
    places[place] = 0;
    size--;
    // What stands behind it may have been put there only because its own place was taken.
    for (int next = next(place); places[next] != 0; next = next(next)) {
      long moved = places[next];
      places[next] = 0;
      places[find(moved)] = moved;
    }
    if (places.length > LEAST && size < places.length / 8) {
      rehash(places.length / 2);
    }
    return true;
  }

  /** Returns whether the number is there. */
  public boolean contains(long number) {
    return number != 0 && places[find(number)] != 0;
  }

  /** Returns how many numbers there are. */
  public int size() {
    return size;
  }

  /** Returns the numbers, the least first. */
  public long[] sorted() {
    long[] numbers = new long[size];
    int count = 0;
    for (long number : places) {
      if (number != 0) {
        numbers[count++] = number;
      }
    }
    Arrays.sort(numbers);
    return numbers;
  }

  /** Returns where the number is, or would be put. */
  private int find(long number) {
    long mixed = number * 0x9E3779B97F4A7C15L; // neighbours come apart (Knuth, TAOCP 6.4)
    int place = (int) (mixed >>> 32) & places.length - 1;
    while (places[place] != 0 && places[place] != number) {
      place = next(place);
    }
    return place;
  }

  private int next(int place) {
    return place + 1 & places.length - 1;
  }

  private void rehash(int length) {
    long[] before = places;
    places = new long[length];
    for (long number : before) {
      if (number != 0) {
        places[find(number)] = number;
      }
    }
  }
}
