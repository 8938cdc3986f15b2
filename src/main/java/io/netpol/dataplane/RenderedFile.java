package io.netpol.dataplane;

import java.util.List;

/**
 * Carries what one tool reads from standard input to program a kernel.
 *
 * @param tool the tool that reads the file
 * @param name the name of the file, such as {@code ipset.restore}
 * @param text the content, in the language of the tool; empty where the tool has nothing to do
 * @param statements the lines of the text that each state one rule or one member, in order: without
 *     those that begin or end a transaction or declare a chain
 */
public record RenderedFile(KernelTool tool, String name, String text, List<String> statements) {

  public RenderedFile {
    statements = List.copyOf(statements);
  }
}
