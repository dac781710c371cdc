package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressTest {

    private static final String ERASE = "\r\u001b[2K";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long now;

    private Terminal screen(boolean terminal, int columns, Charset charset) {
        return new Terminal(new PrintStream(bytes, true, charset), () -> now, terminal, columns);
    }

    private Terminal terminal(int columns) {
        return screen(true, columns, StandardCharsets.UTF_8);
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private void pass(double seconds) {
        now += Math.round(seconds * 1e9);
    }

    @Test
    void a_terminal_shows_bar_step_loss_chosen_metric_time_left_speed_and_memory() {
        try (Progress p = new Progress(terminal(100), "train", 0, 200, "mean_token_accuracy")) {
            pass(2);
            p.update(
                    50,
                    Map.of(
                            "loss",
                            1.23456,
                            "mean_token_accuracy",
                            0.5,
                            "tokens_per_second",
                            811.6,
                            "peak_memory_mb",
                            1234.4));
            assertThat(text())
                    .isEqualTo("train ━━━··········· 50/200  loss 1.2346  mean_token_accuracy 0.5000  "
                            + "0:06 left  812 tok/s  1234 MB");
        }
    }

    @Test
    void a_window_that_changes_is_obeyed_from_the_next_line_on() {
        int[] columns = {100};
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        Terminal window = new Terminal(out, () -> now, true, () -> columns[0]);
        try (Progress p = new Progress(window, "train", 0, 200, "")) {
            int step = 0;
            for (int width : new int[] {100, 20, 5, 1, 60}) {
                columns[0] = width;
                pass(1);
                p.update(++step, Map.of("loss", 1.5));
                String line = text().substring(text().lastIndexOf('K') + 1);
                assertThat(line.length()).as("%d columns: %s", width, line).isLessThan(width);
            }
        }
    }

    private static String bar(int full, int cells) {
        return "━".repeat(full) + "·".repeat(cells - full);
    }

    @Test
    void the_bar_takes_at_most_thirty_cells_and_redraws_in_place() {
        try (Progress p = new Progress(terminal(80), "train", 0, 4, "")) {
            pass(1);
            p.update(1, Map.of("loss", 2));
            pass(1);
            p.update(2, Map.of("loss", 1));
        }
        assertThat(text())
                .isEqualTo("train " + bar(7, 30) + " 1/4  loss 2.0000  0:03 left" + ERASE + "train " + bar(15, 30)
                        + " 2/4  loss 1.0000  0:02 left" + System.lineSeparator());
    }

    @Test
    void a_terminal_is_redrawn_ten_times_a_second_at_most_but_always_at_the_end() {
        try (Progress p = new Progress(terminal(80), "train", 0, 1000, "")) {
            for (int n = 1; n <= 1000; n++) {
                pass(0.001);
                p.update(n, Map.of("loss", 1));
            }
        }
        assertThat(text().split(ERASE.replace("[", "\\["), -1)).hasSize(11);
        assertThat(text()).endsWith(" 1000/1000  loss 1.0000  done" + System.lineSeparator());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 20, 40, 60, 79, 80, 200})
    void a_line_is_never_as_wide_as_the_screen(int columns) {
        Progress p = new Progress(terminal(columns), "train", 0, 200, "mean_token_accuracy");
        pass(2);
        p.update(50, Map.of("loss", 1, "mean_token_accuracy", 0.5, "tokens_per_second", 8, "peak_memory_mb", 1));
        assertThat(text().length()).isLessThan(columns);
    }

    @Test
    void a_narrow_screen_keeps_what_matters_most() {
        Progress p = new Progress(terminal(40), "train", 0, 200, "accuracy");
        pass(2);
        p.update(100, Map.of("loss", 1, "accuracy", 0.5, "tokens_per_second", 8));
        assertThat(text()).isEqualTo("train " + bar(6, 12) + " 100/200  loss 1.0000");
    }

    @Test
    void an_encoding_without_line_characters_gets_plain_ones() {
        Progress p = new Progress(screen(true, 80, StandardCharsets.US_ASCII), "eval", 0, 3, "");
        p.update(1, Map.of());
        assertThat(text()).startsWith("eval " + "#".repeat(10) + ".".repeat(20) + " 1/3");
    }

    @Test
    void elsewhere_a_plain_line_comes_every_five_seconds_and_at_the_end() {
        try (Progress p = new Progress(screen(false, 80, StandardCharsets.UTF_8), "train", 0, 8, "")) {
            for (int n = 1; n <= 8; n++) {
                pass(2);
                p.update(n, Map.of("loss", 1.0 / n, "tokens_per_second", 100, "peak_memory_mb", 20));
            }
        }
        assertThat(text().lines())
                .containsExactly(
                        "train 1/8  loss 1.0000  0:14 left  100 tok/s  20 MB",
                        "train 4/8  loss 0.2500  0:08 left  100 tok/s  20 MB",
                        "train 7/8  loss 0.1429  0:02 left  100 tok/s  20 MB",
                        "train 8/8  loss 0.1250  done  100 tok/s  20 MB");
        assertThat(text()).doesNotContain("\r", "\u001b");
    }

    @Test
    void closing_early_shows_the_last_state_on_a_line_of_its_own() {
        for (boolean terminal : new boolean[] {true, false}) {
            bytes.reset();
            try (Progress p = new Progress(screen(terminal, 80, StandardCharsets.UTF_8), "train", 0, 9, "")) {
                pass(1);
                p.update(1, Map.of("loss", 2));
                pass(0.01); // too soon for the screen; the estimate is now (1 s + 0.01 s) / 2 a step, seven to go
                p.update(2, Map.of("loss", 3));
            }
            assertThat(text()).endsWith(" 2/9  loss 3.0000  0:04 left" + System.lineSeparator());
        }
    }

    @Test
    void a_note_stands_above_the_bar() {
        Progress p = new Progress(terminal(80), "train", 0, 2, "");
        p.update(1, Map.of());
        bytes.reset();
        p.note("eval_loss 1.5");
        assertThat(text())
                .isEqualTo(
                        ERASE + "eval_loss 1.5" + System.lineSeparator() + "train " + bar(15, 30) + " 1/2  0:00 left");
    }

    @Test
    void time_left_counts_from_where_a_resumed_run_began_and_follows_a_change_of_pace() {
        Progress p = new Progress(terminal(80), "train", 100, 200, "");
        pass(10);
        p.update(110, Map.of());
        assertThat(text()).endsWith("110/200  1:30 left");
        // 1 s a step, then 3 s: with a = max(1/n, 0.1) the second update's estimate is their mean, 2 s
        pass(30);
        p.update(120, Map.of());
        assertThat(text()).endsWith("120/200  2:40 left");
    }

    @ParameterizedTest
    @CsvSource({"0, 0:00", "59.6, 1:00", "754, 12:34", "3600, 1:00:00", "36061, 10:01:01"})
    void times_read_as_on_a_clock(double seconds, String text) {
        assertThat(Progress.clock(seconds)).isEqualTo(text);
    }

    @Test
    void refuses_more_steps_done_than_there_are() {
        assertThatThrownBy(() -> new Progress(terminal(80), "train", 5, 4, ""))
                .hasMessage("progress: done is 5, expected 0 to 4 (the total)");
    }

    @Test
    void refuses_a_step_behind_or_beyond() {
        Progress p = new Progress(terminal(80), "train", 2, 4, "");
        assertThatThrownBy(() -> p.update(1, Map.of())).hasMessage("progress: step is 1, expected 2 to 4");
        assertThatThrownBy(() -> p.update(5, Map.of())).hasMessage("progress: step is 5, expected 2 to 4");
    }

    @Test
    void the_width_is_that_of_COLUMNS_or_eighty() {
        assertThat(Terminal.columns(Map.of("COLUMNS", "132"), 0)).isEqualTo(132);
        assertThat(Terminal.columns(Map.of("COLUMNS", "wide"), 0)).isEqualTo(80);
        assertThat(Terminal.columns(Map.of(), 0)).isEqualTo(80);
        assertThat(Terminal.columns(Map.of(), 20)).isEqualTo(20);
        assertThat(Terminal.columns(Map.of("COLUMNS", "40"), 100)).isEqualTo(40);
        assertThat(Terminal.columns(Map.of("COLUMNS", "132"), 30)).isEqualTo(30);
    }

    @Test
    void a_terminal_without_a_type_or_a_dumb_one_is_not_redrawn() {
        assertThat(Terminal.redraws(Map.of("TERM", "xterm-256color"), true)).isTrue();
        assertThat(Terminal.redraws(Map.of("TERM", "xterm-256color"), false)).isFalse();
        assertThat(Terminal.redraws(Map.of("TERM", "dumb"), true)).isFalse();
        assertThat(Terminal.redraws(Map.of(), true)).isFalse();
    }
}
