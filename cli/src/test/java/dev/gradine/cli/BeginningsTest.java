package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Runs whose adapter begins from the rows it is going to be trained on.
class BeginningsTest {

    @TempDir
    private Path temp = Path.of("");

    @BeforeEach
    void prepare() {
        TinyModel.write(temp.resolve("model"));
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 13, 12, 1);
        TinyModel.pairs(temp.resolve("pairs.jsonl"), 7);
    }

    private Cli run(String command, String data, Object... more) {
        List<Object> all = new ArrayList<>(List.of(command, "--model", temp.resolve("model"), "--samples", 0));
        all.addAll(List.of("--data", temp.resolve(data), "--steps", 2, "--batch", 3, "--rank", 2, "--lr", 0));
        if (!Arrays.asList(more).contains("--out")) all.addAll(List.of("--out", temp.resolve("run")));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    /// At learning rate 0 the losses are those of the model alone, whatever was taken out of it.
    @ParameterizedTest
    @CsvSource({
        "eva, 'eva read [0-9]+ tokens in [0-9]+ batches; ranks from [0-4] to [2-4]', eva",
        "corda:batches=5, 'corda read 156 tokens in 5 batches', true",
        "lora_ga:batches=2, 'lora_ga read 72 tokens in 2 batches', true"
    })
    void a_line_says_what_was_read_and_the_model_computes_what_it_did(String init, String line, String stored) {
        run("sft", "data.jsonl").ok();
        double before = Values.number(Values.metrics(temp.resolve("run")).getFirst(), "loss");
        String out = temp.resolve("other").toString();
        String err = run("sft", "data.jsonl", "--out", out, "--init-lora-weights", init)
                .ok()
                .err();
        assertThat(err).containsPattern("(?m)^gradine: adapter lora: " + line + "$");
        assertThat(Values.number(Values.metrics(Path.of(out)).getFirst(), "loss"))
                .isCloseTo(before, org.assertj.core.data.Offset.offset(1e-5));
        Object way =
                Json.readObject(Path.of(out).resolve("adapter_config.json")).get("init_lora_weights");
        assertThat(String.valueOf(way)).isEqualTo(stored);
    }

    @Test
    void a_recipe_with_a_reference_begins_from_its_own_gradient() {
        String err = run("dpo", "pairs.jsonl", "--init-lora-weights", "lora_ga:batches=2")
                .ok()
                .err();
        assertThat(err).containsPattern("gradine: adapter lora: lora_ga read [0-9]+ tokens in 2 batches\n");
        double loss = Values.number(Values.metrics(temp.resolve("run")).getFirst(), "loss");
        assertThat(loss).isCloseTo(Math.log(2), org.assertj.core.data.Offset.offset(1e-5));
    }

    @Test
    void numbers_that_no_beginning_has_are_refused() {
        run("sft", "data.jsonl", "--init-lora-weights", "lora_ga:rho=2")
                .refuses("init-lora-weights: lora_ga: unknown key rho, expected one of batches, direction, scale,"
                        + " stable_gamma");
    }
}
