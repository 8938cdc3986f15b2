package io.netpol.dataplane.conntrack;

import java.util.Iterator;

/**
 * Packs commands into files for {@code conntrack --load-file}, lazily.
 *
 * @param commands one line each
 * @param atMost the number of commands in a file
 */
public record LoadFiles(Iterator<String> commands, int atMost) implements Iterator<String> {

  @Override
  public boolean hasNext() {
    return commands.hasNext();
  }

  @Override
  public String next() {
    StringBuilder file = new StringBuilder(commands.next()).append('\n');
    for (int count = 1; count < atMost && commands.hasNext(); count++) {
      file.append(commands.next()).append('\n');
    }
    return file.toString();
  }
}
