package io.netpol.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.index.AddressSetKey.Member;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The compact forms hold what plain collections would. */
class RefCountedMembersTest {

  @Property(tries = 200)
  void numbersAreThoseThatAPlainSetHas(@ForAll("numbers") List<Long> numbers) {
    LongSet compact = new LongSet();
    Set<Long> plain = new HashSet<>();
    for (long number : numbers) {
      if (number > 0) {
        assertThat(compact.add(number)).isEqualTo(plain.add(number));
      } else {
        assertThat(compact.remove(-number)).isEqualTo(plain.remove(-number));
      }
      assertThat(compact.size()).isEqualTo(plain.size());
      assertThat(compact.contains(Math.abs(number))).isEqualTo(number > 0);
    }
    assertThat(compact.sorted())
        .isEqualTo(plain.stream().mapToLong(Long::longValue).sorted().toArray());
  }

  /** Few enough to meet again; a negative one is removed. Some fall on the same place. */
  @Provide
  Arbitrary<List<Long>> numbers() {
    return Arbitraries.longs()
        .between(-60, 60)
        .filter(number -> number != 0)
        .map(number -> number % 3 == 0 ? number << 40 : number)
        .list()
        .ofMaxSize(400);
  }

  @Property(tries = 200)
  void countsAreThoseThatAPlainMapHas(@ForAll("steps") List<Step> steps) {
    RefCountedMembers compact = new RefCountedMembers();
    Map<Member, Integer> plain = new HashMap<>();
    for (Step step : steps) {
      int before = plain.getOrDefault(step.member, 0);
      if (step.more) {
        assertThat(compact.more(step.member)).isEqualTo(before == 0);
        plain.put(step.member, before + 1);
      } else if (before > 0) {
        assertThat(compact.less(step.member)).isEqualTo(before == 1);
        plain.computeIfPresent(step.member, (member, count) -> count == 1 ? null : count - 1);
      }
      assertThat(compact.contains(step.member)).isEqualTo(plain.containsKey(step.member));
      assertThat(compact).hasSize(plain.size());
    }
    assertThat(Set.copyOf(compact)).isEqualTo(plain.keySet());
  }

  record Step(boolean more, Member member) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(Arbitraries.of(true, true, false), members())
        .as(Step::new)
        .list()
        .ofMaxSize(300);
  }

  @Property(tries = 500)
  void memberOfItsNumberIsTheMember(@ForAll("members") Member member) {
    assertThat(member.code() == 0).isEqualTo(member.address().family() == Family.IPV6);
    if (member.code() != 0) {
      assertThat(Member.ofCode(member.code())).isEqualTo(member);
    }
  }

  @Provide
  Arbitrary<Member> members() {
    Arbitrary<IpAddress> addresses =
        Arbitraries.of("0.0.0.0", "10.0.0.1", "10.0.0.2", "255.255.255.255", "::", "fd00::1")
            .map(IpAddress::parse);
    Arbitrary<Member> plain = addresses.map(address -> new Member(address, null, 0));
    Arbitrary<Member> ports =
        Combinators.combine(
                addresses, Arbitraries.of(Protocol.values()), Arbitraries.of(0, 1, 80, 65_535))
            .as(Member::new);
    return Arbitraries.oneOf(plain, ports);
  }
}
