package io.netpol.kubernetes;

/** An endpoint whose consumer watches a kind of object. */
interface Watching {

  /** What it has heard, and has yet to tell. */
  Memory<?> memory();
}
