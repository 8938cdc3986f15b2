package io.netpol.bench;

/** From the start of the process to the first apply. */
final class StartRows {

  private final Plan plan;

  StartRows(Plan plan) {
    this.plan = plan;
  }

  void run(Results results) throws Exception {
    Samples routes = new Samples();
    Samples first = new Samples();
    Samples apply = new Samples();
    Samples bare = new Samples();
    Samples cpu = new Samples();
    for (int i = 0; i < plan.runs(7, 2); i++) {
      try (Rig rig = plan.rig(plan.standard());
          Sandbox empty = Sandbox.create()) {
        rig.ready();
        routes.add(rig.toRoutesStarted() / 1_000);
        first.add(rig.toFirstApply() / 1_000);
        apply.add(rig.firstApply());
        cpu.add(rig.agent.state().cpuMillis() / 1_000);
        bare.add(new Tools(plan.shell(), empty.inside()).run(rig.expected.first()));
      }
    }
    results.add(
        Result.of("start-routes", "start to routes started", "s", routes)
            .reaching("≤ 2 s", routes.median() <= 2));
    results.add(
        Result.of("start-apply", "start to first sync", "s", first)
            .reaching("≤ 5 s", first.median() <= 5));
    Result row = Result.of("first-apply", "first sync, after all lists", "ms", apply).against(bare);
    results.add(row.reaching("≤ 1.5× baseline", row.ratio() <= 1.5));
  }
}
