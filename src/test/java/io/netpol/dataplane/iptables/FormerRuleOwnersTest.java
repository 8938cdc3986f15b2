package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.IpAddress;
import org.junit.jupiter.api.Test;

class FormerRuleOwnersTest {

  private static final IpAddress ADDRESS = IpAddress.parse("10.0.0.2");
  private static final ObjectKey DB = new ObjectKey("shop", "db");

  private final FormerRuleOwners found = new FormerRuleOwners();

  private static String rule(String chain, String pods) {
    return "-A NWPLCY-TO-abc -d 10.0.0.2/32 -m comment --comment \"pod %s\" -j %s\n"
        .formatted(pods, chain);
  }

  @Test
  void podIsKnownByItsChain() {
    found.read(rule(Names.podChain(Direction.INGRESS, DB), "x/y"));
    assertThat(found.addresses()).containsExactly(ADDRESS);
    assertThat(found.names(ADDRESS, DB)).isTrue();
    assertThat(found.names(ADDRESS, new ObjectKey("shop", "db-2"))).isFalse();
  }

  @Test
  void podIsKnownByTheCommentWhereChainsHadOtherNames() {
    String longName = "n".repeat(253);
    found.read(rule("NWPLCY-IN-other", "shop/db, x/y"));
    assertThat(found.names(ADDRESS, DB)).isTrue();
    assertThat(found.names(ADDRESS, new ObjectKey("shop", "d"))).isFalse();

    FormerRuleOwners cut = new FormerRuleOwners();
    ObjectKey longPod = new ObjectKey("shop", longName);
    String comment = RuleWriter.comment(RuleLabel.OfPods.of(longPod)).substring("pod ".length());
    cut.read(rule("NWPLCY-IN-other", comment));
    assertThat(cut.names(ADDRESS, longPod)).isTrue();
    assertThat(cut.names(ADDRESS, DB)).isFalse();
  }

  @Test
  void onlyWaysToPodsTellOfThem() {
    found.read(
        """
        *filter
        :NWPLCY-TO - [0:0]
        -A NWPLCY-TO -d 10.0.0.0/28 -g NWPLCY-TO-abc
        -A NWPLCY-TO -d 10.0.0.3/32 -m comment --comment "pod shop/db" -j RETURN
        -A NWPLCY-TO -d what -j NWPLCY-IN-abc
        -A NWPLCY-TO
        -A NWPLCY-IN-abc -s 10.0.0.4/32 -j ACCEPT
        -A FORWARD -s 10.0.0.5/32 -j NWPLCY-IN-abc
        COMMIT
        """);
    assertThat(found.addresses()).isEmpty();
  }
}
