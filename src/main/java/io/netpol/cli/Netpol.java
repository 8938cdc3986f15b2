package io.netpol.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. Placeholder: it has no commands yet. */
@Command(
    name = "netpol",
    mixinStandardHelpOptions = true,
    versionProvider = Netpol.Version.class,
    description = "Kubernetes NetworkPolicy, enforced by Camel routes.")
public final class Netpol implements Runnable {

  public static void main(String[] args) {
    System.exit(new CommandLine(new Netpol()).execute(args));
  }

  @Override
  public void run() {
    CommandLine.usage(this, System.out);
  }

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Netpol.class.getPackage().getImplementationVersion();
      return new String[] {"netpol " + (version == null ? "(not packaged)" : version)};
    }
  }
}
