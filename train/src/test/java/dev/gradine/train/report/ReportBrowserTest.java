package dev.gradine.train.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.gradine.testkit.Chromium;
import dev.gradine.train.MetricsLog;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The page in a real browser, without a window.
@Tag("browser")
class ReportBrowserTest {

    private static final int LIMIT_SECONDS = 60; // a browser on a busy machine; two seconds are usual

    /// The colour of a first curve on light paper, `--a` in the style sheet.
    private static final int INK = 0x1d4f91;

    @TempDir
    Path dir;

    private Chromium browser = new Chromium(Path.of(""));

    private record Seen(String dom, String log) {
        int canvases() {
            return dom.split("<canvas", -1).length - 1;
        }
    }

    @BeforeEach
    void find() {
        browser = Chromium.require("whether the charts are drawn");
    }

    @Test
    void all_charts_are_drawn_and_hostile_text_stays_text() throws Exception {
        RunInfo run = MadeUpRun.sft(dir);
        String hostile =
                "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
        RunInfo.Sample sample = new RunInfo.Sample(hostile, hostile, hostile);
        run.with(new RunInfo.Outcome(Map.of(), Map.of(), List.of(sample), List.of()))
                .write(dir);
        try (MetricsLog log = MetricsLog.resume(dir.resolve(MetricsLog.FILE), 200)) {
            log.write(201, Map.of(hostile, 1));
        }
        Seen seen = look(Report.write(dir));
        assertThat(seen.log()).doesNotContain("Uncaught", "Refused", "violates");
        assertThat(seen.canvases())
                .as("loss, accuracy, rate, gradient, entropy, speed, memory, and the metric of that name")
                .isEqualTo(8);
        assertThat(seen.dom())
                .contains("<span>eval_loss</span><output>1.049</output>", "<title>SFT · ")
                .doesNotContain("<title>owned");
    }

    @Test
    void the_curves_are_ink_on_paper() throws Exception {
        MadeUpRun.dpo(dir);
        Path picture = dir.resolve("page.png");
        browse(Report.write(dir), "--screenshot=" + picture, "--window-size=1200,2200");
        BufferedImage image = ImageIO.read(picture.toFile());
        int inked = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) if ((image.getRGB(x, y) & 0xffffff) == INK) inked++;
        }
        assertThat(inked).as("more than the keys' marks, which are 14 x 2 each").isGreaterThan(1000);
    }

    @Test
    void damaged_data_draw_nothing_and_a_planted_program_does_not_run() throws Exception {
        MadeUpRun.sft(dir);
        Path page = Report.write(dir);
        String planted = "</footer><script>document.title='owned'</script>";
        Files.writeString(
                page,
                Files.readString(page).replace("\"columns\":", "\"colums\":").replace("</footer>", planted));
        Seen seen = look(page);
        assertThat(seen.canvases()).isZero();
        assertThat(seen.log()).as("so that silence above means something").contains("Uncaught");
        assertThat(seen.dom()).contains(planted).doesNotContain("<title>owned");
    }

    private Seen look(Path page) throws Exception {
        Path dom = browse(page, "--dump-dom");
        return new Seen(Files.readString(dom), Files.readString(dir.resolve("browser.log")));
    }

    private Path browse(Path page, String... options) throws IOException, InterruptedException {
        Path out = dir.resolve("browser.out");
        List<String> more = new ArrayList<>(List.of("--virtual-time-budget=1000"));
        more.addAll(List.of(options));
        more.add(page.toUri().toString());
        List<String> command = browser.command(dir.resolve("profile"), more);
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(dir.resolve("browser.log").toFile())
                .start();
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                fail("the browser took more than " + LIMIT_SECONDS + " s");
        } finally {
            Chromium.end(process);
        }
        assertThat(process.exitValue()).isZero();
        return out;
    }
}
