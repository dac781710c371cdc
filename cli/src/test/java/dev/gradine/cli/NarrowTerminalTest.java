package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A progress line is no longer than its terminal is wide: one that wraps cannot be redrawn, and fills the screen.
class NarrowTerminalTest {

    private static final Path SCRIPT = Path.of("/usr/bin/script");

    @TempDir
    private Path temp = Path.of("");

    /// What a run draws on a terminal of so many columns, taken apart where the cursor goes back or down.
    private List<String> drawn(int columns) {
        assumeTrue(Files.exists(SCRIPT), "no /usr/bin/script here, which pretends a terminal");
        TinyModel.write(temp.resolve("model"));
        Path data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 6, 8, 1);
        Object[] sft = {
            "sft",
            "--model",
            temp.resolve("model"),
            "--data",
            data,
            "--out",
            temp.resolve("out"),
            "--steps",
            3,
            "--samples",
            0
        };
        try (Child run = Child.onTerminal(columns, temp, sft)) {
            assertThat(run.code()).as(run.out()).isZero();
            return Stream.of(run.out().split("[\r\n]", -1))
                    .map(line -> line.replaceAll("\u001b\\[[0-9;?]*[a-zA-Z]", ""))
                    .filter(line -> line.startsWith("sft"))
                    .toList();
        }
    }

    @Test
    void lines_fit_a_terminal_of_20_columns() {
        assertThat(drawn(20))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line.length()).isLessThan(20));
    }

    @Test
    void lines_use_the_width_of_a_wide_terminal() {
        assertThat(drawn(150)).anySatisfy(line -> assertThat(line).contains("━━━", "loss", "tok/s", "MB"));
    }
}
