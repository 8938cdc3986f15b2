package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code routes/policy.camel.yaml}: as shipped, no policy waits for approval. */
class PolicyRoutesTest {

  @Test
  void policyGoesToThePipelineUnchanged() throws Exception {
    try (RoutesOf routes = new RoutesOf("policy").start()) {
      routes.send("policy", "a policy");
      assertThat(routes.sentTo("direct:event")).containsExactly("a policy");
    }
  }
}
