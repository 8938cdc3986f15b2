package io.netpol.dataplane.conntrack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.UnreadableListing;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConntrackListingTest {

  private final List<String> lines = new ArrayList<>();

  private int read(String listed, String said) throws IOException {
    return ConntrackListing.read(new BufferedReader(new StringReader(listed)), said, lines::add);
  }

  private static String shown(int count) {
    return "conntrack v1.4.7 (conntrack-tools): " + count + " flow entries have been shown.\n";
  }

  @Test
  void wholeListingIsHandedOn() throws IOException {
    assertThat(read("one\ntwo\n", shown(2))).isEqualTo(2);
    assertThat(lines).containsExactly("one", "two");
    assertThat(read("", shown(0))).isZero();
    assertThat(read("one\n", "Warning: permanently added gateway\n" + shown(1))).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.",
        "conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.",
        "conntrack v1.4.7 (conntrack-tools): 1 flow entries have been",
        "conntrack v1.4.7 (conntrack-tools): Operation failed: Interrupted system call",
        "conntrack v1.4.7 (conntrack-tools): Operation failed: nothing\n"
            + "conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.",
        "1 flow entries have been shown."
      })
  void listingThatIsNotWholeIsNoListing(String said) {
    assertThatThrownBy(() -> read("one\n", said))
        .isInstanceOf(UnreadableListing.class)
        .hasMessageStartingWith(
            "the list of tracked connections cannot be read: conntrack printed 1 of them and says: ");
  }

  @Test
  void nothingAtAllIsNotAnEmptyTable() {
    assertThatThrownBy(() -> read("", ""))
        .isInstanceOf(UnreadableListing.class)
        .hasMessageEndingWith("conntrack printed 0 of them and says: nothing");
  }
}
