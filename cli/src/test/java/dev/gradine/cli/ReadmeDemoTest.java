package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradine.tensor.cpu.CpuDevice;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The README shows what the demo prints. `-Dgradine.readme.write=true` writes it anew.
///
/// Sums of floats depend on the width of the vectors in their last bit, and a story on that: the README's output is
/// that of vectors of 512 bits.
@Tag("slow")
class ReadmeDemoTest {

    private static final String WRITE = "gradine.readme.write";
    private static final String PROGRAM = "gradine.command";
    private static final int VECTOR_BITS = 512;
    private static final String SHOWN_FOLDER = "runs/demo-1";
    private static final Pattern BLOCK = Pattern.compile("(?s)(`\\./gradine demo`[^\\n]*\\n\\n```\\n)(.*?)(\\n```\\n)");

    @TempDir
    private Path temp = Path.of("");

    @Test
    void the_readme_shows_what_the_demo_prints() throws IOException {
        CpuDevice device = new CpuDevice();
        try (var run = device.open()) {
            assumeTrue(run.vectorBits() == VECTOR_BITS, "this machine's vectors are of another width");
        }
        Path out = temp.resolve("demo");
        StringWriter text = new StringWriter();
        PrintWriter err = new PrintWriter(new StringWriter());
        assertThat(run(new Demo(Demo.Plan.FULL, out, 42, device, new PrintWriter(text), err)))
                .isZero();
        String printed = wrapped(text.toString().replaceFirst("^\\R", "").replace(out.toString(), SHOWN_FOLDER));
        Path readme = root().resolve("README.md");
        String page = Files.readString(readme);
        if (Boolean.getBoolean(WRITE)) Files.writeString(readme, withBlock(page, printed));
        else assertThat(withoutTimes(block(page))).isEqualTo(withoutTimes(printed));
    }

    /// As the launcher starts it.
    private static int run(Demo demo) {
        String before = System.getProperty(PROGRAM);
        System.setProperty(PROGRAM, "./gradine");
        try {
            return demo.run();
        } finally {
            if (before == null) System.clearProperty(PROGRAM);
            else System.setProperty(PROGRAM, before);
        }
    }

    @Test
    void times_may_differ_and_nothing_else() {
        String shown = "   7.4 s  gradine merge\n50848 parameters trained, 40.3 seconds\nloss 1.7709";
        assertThat(withoutTimes(shown.replace("7.4", "10.2").replace("40.3", "39.0")))
                .isNotEqualTo(withoutTimes(shown.replace("1.7709", "1.7708")))
                .isEqualTo(withoutTimes(shown));
    }

    private static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.exists(dir.resolve("README.md")) || !Files.exists(dir.resolve("gradine"))) {
            dir = Objects.requireNonNull(dir.getParent(), "no README.md above the working directory");
        }
        return dir;
    }

    private static String block(String page) {
        Matcher m = BLOCK.matcher(page);
        assertThat(m.find()).as("README.md shows the demo").isTrue();
        return m.group(2);
    }

    private static String withBlock(String page, String printed) {
        return BLOCK.matcher(page).replaceFirst("$1" + Matcher.quoteReplacement(printed) + "$3");
    }

    private static String withoutTimes(String text) {
        return text.replaceAll("(?m)^ *\\d+\\.\\d s  ", "TIME ").replaceAll("\\d+\\.\\d seconds", "TIME seconds");
    }

    /// Lines of commands as a shell takes them when they are longer than a page is wide.
    private static String wrapped(String text) {
        StringBuilder page = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            String rest = line;
            while (rest.length() > 120) {
                int cut = rest.lastIndexOf(" --", 110);
                page.append(rest, 0, cut).append(" \\\n");
                rest = " ".repeat(12) + rest.substring(cut + 1);
            }
            page.append(rest).append('\n');
        }
        return page.toString().stripTrailing();
    }
}
