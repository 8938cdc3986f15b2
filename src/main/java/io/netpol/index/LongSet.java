package io.netpol.index;

import java.util.Arrays;

/**
 * Stores numbers other than 0 in an eighth of the memory of a {@code Set<Long>}: a cluster has some
 * hundred thousand members of sets.
 */
public final class LongSet {

  private static final int LEAST = 8;

  /**
   * Slots of the hash table: a power of two of them, at most three quarters in use; 0 marks a free
   * one.
   */
  private long[] places = new long[LEAST];

  private int size;

  /** Adds a number, and returns whether it was absent. */
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

  /** Removes a number, and returns whether it was present. */
  public boolean remove(long number) {
    int place = find(number);
    if (number == 0 || places[place] == 0) {
      return false;
    }
    places[place] = 0;
    size--;
    // A number behind it may be there only because its own slot was taken.
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

  /** Returns whether the set contains the number. */
  public boolean contains(long number) {
    return number != 0 && places[find(number)] != 0;
  }

  /** Returns the number of elements. */
  public int size() {
    return size;
  }

  /** Returns the numbers in ascending order. */
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

  /** Returns the slot of the number, or the free slot where it would be put. */
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
