package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.lab.methods.MethodRow;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Methods side by side: each is trained on the same rows, in this process or in one of its own.
class LabAdaptersTest {

    @TempDir
    private Path temp = Path.of("");

    private Path data = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        data = TinyModel.tokenRows(temp.resolve("data.jsonl"), 12, 8, 1);
    }

    private Cli adapters(Object... more) {
        List<Object> all =
                new ArrayList<>(List.of("lab", "adapters", "--model", temp.resolve("model"), "--data", data));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private Cli briefly(Object... more) {
        List<Object> all = new ArrayList<>(List.of("--steps", 2, "--batch", 2, "--held", 4));
        all.addAll(Arrays.asList(more));
        return adapters(all.toArray());
    }

    private static MethodRow row(String line) {
        return MethodRow.of(Json.parseObject("row", line.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void each_method_is_trained_from_the_same_base() {
        Cli run = briefly("--in-process", "--json", "--only", "lora,ia3,full", "--with", "lora:rank=4");
        assertThat(run.code()).isZero();
        List<MethodRow> rows = run.out().lines().map(LabAdaptersTest::row).toList();
        assertThat(rows.stream().map(MethodRow::name)).containsExactly("lora", "ia3", "full");
        assertThat(rows.stream().map(r -> r.learnt().before()).distinct()).hasSize(1);
        assertThat(rows).allSatisfy(r -> {
            assertThat(r.learnt().after()).isLessThan(r.learnt().before());
            assertThat(r.cost().peakMb()).isPositive();
            assertThat(r.cost().ofLora()).isPositive();
        });
        assertThat(rows.getFirst().options()).isEqualTo("--rank 4");
        assertThat(rows.getFirst().cost().trained()).isEqualTo(2L * 4 * (32 + 24 + 24 + 32 + 48 + 48 + 48));
    }

    @Test
    void a_method_whose_defaults_do_not_fit_is_named_beneath_the_others() {
        Cli run = briefly("--in-process", "--only", "trainable-tokens,ia3", "--rates", "1e-3");
        assertThat(run.code()).isZero();
        List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(2)).startsWith("| ia3 |").contains("| 1e-3 |");
        assertThat(lines.getLast())
                .isEqualTo("trainable-tokens: token_indices: an empty list, expected at least one token");
    }

    @Test
    void a_process_of_its_own_tells_the_row_or_why_there_is_none() {
        Cli run = briefly("--json", "--only", "trainable-tokens,ln-tuning", "--rates", "1e-3");
        assertThat(run.code()).isZero();
        assertThat(run.out().lines().map(LabAdaptersTest::row).map(MethodRow::name))
                .containsExactly("ln-tuning");
    }

    @Test
    void what_cannot_be_measured_is_refused() {
        assertThat(adapters("--only", "lor").err()).startsWith("gradine: method: \"lor\", expected one of lora, dora");
        adapters("--with", "rank=4").refuses("--with: \"rank=4\", expected NAME:OPTION=VALUE");
        adapters("--held", 12).refuses("%s: 12 rows, expected more than the 12 that are held out".formatted(data));
        adapters("--steps", 0).refuses("steps: 0, expected at least 1");
    }
}
