package io.netpol.cli;

/** Names the forms in which most commands print their result. */
enum Output {
  text,
  json
}
