package io.netpol.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses and blocks are read as the API server reads them, and written as the kernel does. */
class AddressTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.1",
    "010.000.0.08, 10.0.0.8",
    "::, ::",
    "::1, ::1",
    "2001:DB8:0:0:0:0:0:1, 2001:db8::1",
    "2001:db8:0:1:0:0:0:1, 2001:db8:0:1::1",
    "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7",
    "1:0:0:2:3:0:0:4, 1::2:3:0:0:4",
    "fe80::, fe80::",
    "::ffff:192.0.2.1, 192.0.2.1",
    "::ffff:c000:0201, 192.0.2.1",
    "64:ff9b::192.0.2.1, 64:ff9b::c000:201",
    "::1.2.3.4, ::1.2.3.4",
  })
  void addressIsReadAndWritten(String text, String canonical) {
    assertThat(IpAddress.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1.2.3.-4",
        "+1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4\n",
        "0x1.2.3.4",
        "1..3.4",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "::1::",
        "g::",
        "12345::",
        "fe80::1%eth0",
        "1.2.3.4::",
        "::1.2.3",
        "1:2:3:4:5:6:7::8:9",
        "1.2.3.4/32",
        "١.2.3.4",
        "localhost",
        ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
      })
  void whatIsNoAddressIsRefused(String text) {
    assertThatThrownBy(() -> IpAddress.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.0.0.0/8, false",
    "10.1.2.3/8, 10.0.0.0/8, true",
    "010.0.0.0/8, 10.0.0.0/8, true",
    "10.0.0.0/08, 10.0.0.0/8, true",
    "0.0.0.0/0, 0.0.0.0/0, false",
    "::/0, ::/0, false",
    "2001:db8::1/64, 2001:db8::/64, true",
    "::ffff:10.0.0.0/104, 10.0.0.0/8, true",
    "::ffff:10.0.0.0/64, ::/64, true",
    "1.2.3.4/32, 1.2.3.4/32, false",
  })
  void blockIsReadAndOddSpellingsAreTold(String text, String canonical, boolean odd) {
    List<String> notes = new ArrayList<>();
    assertThat(Cidr.parse(text, notes::add)).hasToString(canonical);
    assertThat(notes).hasSize(odd ? 1 : 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "::/129",
        "/8",
        "10.0.0.0/8/8",
        "10/8",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/ 8",
        "10.0.0.0/8\n-j ACCEPT"
      })
  void whatIsNoBlockIsRefused(String text) {
    assertThatThrownBy(() -> Cidr.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void ipv6IsReadBackAsWritten(@ForAll long high, @ForAll long low) {
    IpAddress address = IpAddress.ipv6(high, low);
    if (!address.mapsIpv4()) {
      assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
    }
  }

  @Property
  void ipv6IsReadAsTheJdkReadsIt(@ForAll @Size(8) List<@IntRange(max = 3) Integer> words)
      throws UnknownHostException {
    String text = String.join(":", words.stream().map(Integer::toHexString).toList());
    IpAddress address = IpAddress.parse(text);
    assertThat(InetAddress.getByName(address.toString())).isEqualTo(InetAddress.getByName(text));
  }

  @Property
  void blockLessItsExceptionsHoldsJustTheRest(
      @ForAll @IntRange(max = 255) int last,
      @ForAll @IntRange(min = 24, max = 28) int prefix,
      @ForAll @Size(max = 4) List<@IntRange(max = 255) Integer> exceptions) {
    Cidr block = new Cidr(IpAddress.ipv4(0x0a000000L | last), prefix);
    List<Cidr> others =
        exceptions.stream()
            .map(e -> new Cidr(IpAddress.ipv4(0x0a000000L | e), 26 + e % 7))
            .toList();
    List<Cidr> rest = block.minus(others);
    for (int i = 0; i < 256; i++) {
      IpAddress address = IpAddress.ipv4(0x0a000000L | i);
      boolean meant =
          block.contains(address) && others.stream().noneMatch(other -> other.contains(address));
      assertThat(rest.stream().filter(part -> part.contains(address)).count())
          .isEqualTo(meant ? 1 : 0);
    }
  }

  @Property(tries = 200)
  void noTextCrashesTheParsers(@ForAll String text) {
    try {
      IpAddress.parse(text);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).matches("[ -~]*");
    }
    try {
      Cidr.parse(text);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).matches("[ -~]*");
    }
  }
}
