package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixPage;
import io.netpol.analysis.matrix.MatrixQuery;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsCommand;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of the matrix in a real browser. */
@NeedsCommand({"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"})
class MatrixPageTest {

  @TempDir private Path folder;
  private Path page;

  @BeforeEach
  void write() {
    page = folder.resolve("matrix.html");
    assertThat(
            CommandRun.of(
                    "matrix",
                    "--manifests",
                    "docs/examples/shop",
                    "--output",
                    "html",
                    "--out",
                    page.toString())
                .status())
        .isZero();
  }

  @Test
  void linkToACellShowsTheRulesThatDecideIt() throws Exception {
    String dom = dom("#2-3"); // shop/api to shop/db
    String panel = dom.substring(dom.indexOf("<div id=\"cell\""));
    panel = panel.substring(0, panel.indexOf("</div>"));
    assertThat(panel)
        .contains("shop/api → shop/db: some: TCP 5432")
        .contains("shop/db-from-api rule 1 (pods app=api in namespace shop, TCP postgres)")
        .contains("isolated by shop/db-from-api, shop/default-deny");
  }

  @Test
  void keyboardFindsTheTableWithoutALink() throws Exception {
    assertThat(dom("")).containsPattern("<td class=\"allowed\"[^>]* tabindex=\"0\"");
  }

  @Test
  void namesFromOutsideAreTextOnly() throws Exception {
    // No manifest and no API server has such a name; the page does not rely on that.
    Cluster cluster = new Cluster("", DefaultIsolation.OFF);
    cluster.put(
        new Pod(
            new ObjectKey("\"><img src=x>", "<script>document.title='broken'</script>"),
            "",
            false,
            false,
            Map.of(),
            List.of(IpAddress.parse("10.0.0.1")),
            List.of()));
    Files.writeString(page, MatrixPage.of(Matrix.of(cluster, MatrixQuery.ALL)));
    assertThat(dom("#1-1"))
        .contains("<title>Who reaches whom on every port</title>")
        .contains("&lt;script&gt;")
        .doesNotContain("<img");
  }

  @Test
  void pageLooksLikeSomethingOnAScreenAndOnAPhoneAndInTheDark() throws Exception {
    Map<String, List<String>> looks = new HashMap<>();
    looks.put("wide", List.of("--window-size=1100,800"));
    looks.put("narrow", List.of("--window-size=400,800"));
    looks.put("dark", List.of("--window-size=1100,800", "--blink-settings=preferredColorScheme=0"));
    for (Map.Entry<String, List<String>> look : looks.entrySet()) {
      Path file = folder.resolve(look.getKey() + ".png");
      List<String> args = new ArrayList<>(look.getValue());
      args.add("--screenshot=" + file);
      browser(args, "#2-3");
      BufferedImage image = ImageIO.read(file.toFile());
      Map<Integer, Integer> colours = new HashMap<>();
      for (int x = 0; x < image.getWidth(); x += 2) {
        for (int y = 0; y < image.getHeight(); y += 2) {
          colours.merge(image.getRGB(x, y) & 0xffffff, 1, Integer::sum);
        }
      }
      boolean dark = look.getKey().equals("dark");
      assertThat(colours.getOrDefault(dark ? 0x431a16 : 0xfde4e1, 0))
          .as("%s: squares of denied cells", look.getKey())
          .isGreaterThan(500);
      assertThat(colours.getOrDefault(dark ? 0x12161c : 0xffffff, 0))
          .as("%s: the page around them", look.getKey())
          .isGreaterThan(10_000);
    }
  }

  private String dom(String cell) throws Exception {
    return browser(List.of("--dump-dom"), cell);
  }

  private String browser(List<String> args, String cell) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(NeedsCommand.Condition.of(MatrixPageTest.class));
    // Its sandbox does not start for root. What is shown is our own page.
    command.addAll(List.of("--headless", "--no-sandbox", "--disable-gpu"));
    command.add("--user-data-dir=" + folder.resolve("profile"));
    command.addAll(args);
    command.add(page.toUri() + cell);
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      assertThat(process.waitFor(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS))
          .as("it ends")
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(err)).isZero();
    return Files.readString(out, StandardCharsets.UTF_8);
  }
}
