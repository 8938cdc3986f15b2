package io.netpol.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CidrSetTest {

  private static Cidr cidr(Random random) {
    return random.nextBoolean()
        ? new Cidr(IpAddress.ipv4(random.nextLong() & 0x0f0f0f0fL), random.nextInt(33))
        : new Cidr(
            IpAddress.ipv6(random.nextLong() & 0x0101L << 55, random.nextLong() & 0x0101L << 55),
            random.nextInt(129));
  }

  @Test
  void findsWhatALookAtAllFinds() {
    Random random = new Random(7);
    CidrSet<Cidr> set = new CidrSet<>();
    List<Cidr> all = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      Cidr cidr = cidr(random);
      set.add(cidr, cidr);
      all.add(cidr);
    }
    for (int i = 0; i < 2_000; i++) {
      Cidr asked = cidr(random);
      assertThat(set.holding(asked))
          .containsExactlyInAnyOrderElementsOf(
              all.stream().filter(c -> c.contains(asked)).toList());
      assertThat(set.in(asked))
          .containsExactlyInAnyOrderElementsOf(all.stream().filter(asked::contains).toList());
    }
  }

  @Test
  void lastAddressEndsTheBlock() {
    assertThat(Cidr.parse("10.0.0.0/8").last()).hasToString("10.255.255.255");
    assertThat(Cidr.parse("0.0.0.0/0").last()).hasToString("255.255.255.255");
    assertThat(Cidr.parse("192.0.2.1/32").last()).hasToString("192.0.2.1");
    assertThat(Cidr.parse("::/0").last()).hasToString("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    assertThat(Cidr.parse("2001:db8::/64").last()).hasToString("2001:db8::ffff:ffff:ffff:ffff");
    assertThat(Cidr.parse("2001:db8::/32").last())
        .hasToString("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
    assertThat(Cidr.parse("2001:db8::1/128").last()).hasToString("2001:db8::1");
  }
}
