package io.netpol.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** An agent at work on a load: API server, sandbox, and what listens to the sandbox's kernel. */
final class Rig implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** What the agent says when the first apply is done. */
  private static final String FIRST_APPLY = "because of the first list";

  final GeneratedLoad load;
  final Expected expected;
  final Path folder;
  final Sandbox sandbox;
  final ApiServer server;
  final AgentUnderTest agent;
  private SetProbe sets;
  private ChainWatch chains;

  /** Starts the agent; {@link #ready} waits until its first apply is done. */
  Rig(GeneratedLoad load, Path home, String javaOpts) throws Exception {
    this.load = load;
    this.expected = new Expected(this.load);
    this.folder = Files.createTempDirectory("netpol-bench-");
    this.sandbox = Sandbox.create();
    this.server = ApiServer.start(this.load);
    this.agent = new AgentUnderTest(home, server, sandbox.inside(), folder, javaOpts);
  }

  /** Waits for the first apply, and that everything is in the kernel that should be. */
  Rig ready() throws Exception {
    agent.await(FIRST_APPLY, PATIENCE);
    for (Expected.Payload payload : expected.first()) {
      List<String> members =
          payload.lines().stream().filter(line -> line.matches("add \\S+ \\S+")).toList();
      sets().await(members.subList(Math.max(0, members.size() - 100), members.size()), 1);
    }
    return this;
  }

  /** Milliseconds from the start of the process to the line that says that routes started. */
  double toRoutesStarted() throws Exception {
    return agent.sinceStart(agent.await("(camel-netpol) started", PATIENCE));
  }

  double toFirstApply() throws Exception {
    return agent.sinceStart(agent.await(FIRST_APPLY, PATIENCE));
  }

  /** Milliseconds from when the last kind was listed to the end of the first apply. */
  double firstApply() throws Exception {
    agent.await(FIRST_APPLY, PATIENCE);
    AgentUnderTest.Line listed =
        agent.log(0).stream()
            .filter(line -> line.text().contains("are listed"))
            .max(Comparator.comparing(AgentUnderTest.Line::nanos))
            .orElseThrow();
    return Duration.between(listed.time(), agent.await(FIRST_APPLY, PATIENCE).time()).toNanos()
        / 1e6;
  }

  SetProbe sets() throws IOException {
    if (sets == null) {
      sets = new SetProbe(sandbox.inside());
    }
    return sets;
  }

  ChainWatch chains() throws IOException, InterruptedException {
    if (chains == null) {
      chains = new ChainWatch(sandbox.inside());
    }
    return chains;
  }

  @Override
  public void close() throws Exception {
    agent.close();
    server.close();
    if (sets != null) {
      sets.close();
    }
    if (chains != null) {
      chains.close();
    }
    sandbox.close();
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
    }
  }
}
