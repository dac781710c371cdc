package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.lab.objectives.ObjectiveRow;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Objectives side by side: each is trained on the same pairs, from the same beginning.
class LabObjectivesTest {

    @TempDir
    private Path temp = Path.of("");

    /// The processor's clock ticks every hundredth of a second: a run of fewer can end within one.
    private static final int STEPS = 60;

    private Path data = Path.of("");
    private Path text = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        data = TinyModel.pairs(temp.resolve("pairs.jsonl"), 12);
        text = TinyModel.text(temp.resolve("text.txt"), "Words that have nothing to do with it. ".repeat(5));
    }

    private Cli objectives(Object... more) {
        List<Object> all = new ArrayList<>(
                List.of("lab", "objectives", "--model", temp.resolve("model"), "--data", data, "--text", text));
        all.addAll(List.of("--in-process", "--steps", STEPS, "--batch", 2, "--lr", 5e-3));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private List<ObjectiveRow> rows(String only) {
        Cli run = objectives("--held", 4, "--max-length", 64, "--json", "--only", only);
        assertThat(run.code()).isZero();
        return run.out()
                .lines()
                .map(line -> ObjectiveRow.of(Json.parseObject("row", line.getBytes(StandardCharsets.UTF_8))))
                .toList();
    }

    @Test
    void recipes_of_each_kind_of_row_learn_from_the_same_pairs() {
        List<ObjectiveRow> rows = rows("sft,dpo,kto,tpo");
        assertThat(rows.stream().map(ObjectiveRow::name)).containsExactly("sft", "dpo", "kto", "tpo");
        assertThat(rows.stream().map(ObjectiveRow::before).distinct()).hasSize(1);
        assertThat(rows).allSatisfy(r -> {
            assertThat(r.preference().margin()).isNotZero().isFinite();
            assertThat(r.after().kl()).isNotZero().isFinite();
            assertThat(r.cost().seconds()).isPositive();
        });
    }

    @Test
    void an_objective_with_a_reference_begins_with_as_many_pairs_ahead_as_behind() {
        ObjectiveRow dpo = rows("dpo").getFirst();
        assertThat(dpo.preference().before()).isEqualTo(0.5);
        assertThat(dpo.preference().after())
                .isEqualTo(dpo.preference().gained())
                .isGreaterThan(0.5);
        assertThat(dpo.preference().margin()).isPositive();
    }

    @Test
    void what_cannot_be_measured_is_refused() {
        objectives("--only", "dop")
                .refuses("objective: \"dop\", expected one of sft, dpo, ipo, apo_zero, kto, bco, orpo, cpo, simpo,"
                        + " alphapo, slic, tpo");
        objectives("--with", "kto:gamma=1")
                .refuses("unknown key gamma, expected one of beta, desirable-weight, loss," + " undesirable-weight");
        objectives("--held", 12).refuses("%s: 12 rows, expected more than the 12 that are held out".formatted(data));
        objectives("--held", 4, "--max-length", 400).refuses("%s: 195 tokens, expected at least 400".formatted(text));
    }
}
