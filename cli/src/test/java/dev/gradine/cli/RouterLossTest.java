package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Training a mixture of experts whose configuration asks its routers to choose evenly.
class RouterLossTest {

    private static final int WIDTH = 40;

    @TempDir
    private Path temp = Path.of("");

    /// The golden Mixtral and its rows.
    @BeforeEach
    void prepare() throws IOException {
        Path golden = Golden.golden("models/mixtral");
        Files.createDirectories(temp.resolve("model"));
        Files.copy(golden.resolve("model.safetensors"), temp.resolve("model/model.safetensors"));
        int[] ids = Values.ints(golden.resolve("expected.safetensors"), "input_ids");
        List<String> rows = new ArrayList<>();
        for (int at = 0; at < ids.length; at += WIDTH) {
            rows.add("{\"input_ids\": " + Arrays.toString(Arrays.copyOfRange(ids, at, at + WIDTH)) + "}");
        }
        Files.write(temp.resolve("rows.jsonl"), rows);
    }

    private Cli sft(boolean isAsked) {
        Map<String, Object> config = new LinkedHashMap<>(
                Json.readObject(Golden.golden("models/mixtral").resolve("config.json")));
        config.put("output_router_logits", isAsked);
        config.put("router_aux_loss_coef", 0.5);
        Json.write(temp.resolve("model/config.json"), config);
        List<Object> args = new ArrayList<>(List.of("sft", "--model", temp.resolve("model")));
        args.addAll(List.of("--data", temp.resolve("rows.jsonl"), "--out", temp.resolve("run")));
        args.addAll(List.of("--targets", "q_proj", "--rank", 2, "--steps", 1, "--batch", 2, "--lr", 0));
        return Cli.run(args.toArray()).ok();
    }

    private Map<String, Object> step() {
        return Values.metrics(temp.resolve("run")).getFirst();
    }

    @Test
    void the_loss_is_transformers_with_the_coefficient_of_the_configuration() {
        Cli run = sft(true);
        assertThat(run.err()).contains("output_router_logits: 0.5 × aux_loss, which asks for all experts evenly");
        double[] golden = Values.doubles(Values.floats(Golden.golden("models/mixtral/balanced.safetensors"), "loss"));
        Tolerance.loss().check("loss", Values.number(step(), "loss"), golden[0]);
        double[] aux = Values.doubles(
                Values.floats(Golden.golden("models/mixtral").resolve("expected.safetensors"), "aux_loss"));
        Tolerance.loss().check("aux_loss", Values.number(step(), "aux_loss"), aux[0]);
    }

    @Test
    void nothing_is_added_where_the_configuration_does_not_ask() {
        assertThat(sft(false).err()).doesNotContain("aux_loss");
        double[] golden =
                Values.doubles(Values.floats(Golden.golden("models/mixtral").resolve("expected.safetensors"), "loss"));
        Tolerance.loss().check("loss", Values.number(step(), "loss"), golden[0]);
        assertThat(step()).doesNotContainKey("aux_loss");
    }
}
