package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Models of other families learn what the golden Llama learns, from the same rows.
class FamilyTrainingTest {

    private static final int STEPS = 6; // the golden ones: 16 rows, four a step, so the fifth has the rows of the first

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "qwen3, sft", "qwen3, dpo", "gemma2, sft", "gemma2, dpo", "falcon, sft", "falcon, dpo",
        "deepseek-v3, sft", "deepseek-v3, dpo", "qwen3.5, sft", "qwen3.5, dpo", "mixtral, sft", "mixtral, dpo",
        "mamba2, sft", "mamba2, dpo"
    })
    void the_loss_of_the_same_rows_falls(String name, String objective) throws IOException {
        Path model = withTokenizer(name);
        Cli.run(
                        objective,
                        "--model",
                        model,
                        "--data",
                        Golden.golden("trl/" + objective + "/data.jsonl"),
                        "--out",
                        temp.resolve("run"),
                        "--steps",
                        STEPS,
                        "--batch",
                        4,
                        "--lr",
                        "5e-3",
                        "--schedule",
                        "constant",
                        "--no-shuffle",
                        "--targets",
                        "all-linear")
                .ok();
        List<Map<String, Object>> lines = Values.jsonLines(temp.resolve("run/metrics.jsonl"));
        assertThat(loss(lines, 5)).isLessThan(loss(lines, 1));
    }

    /// The golden tokenizer has as many tokens as these models.
    private Path withTokenizer(String name) throws IOException {
        Path folder = Files.createDirectories(temp.resolve("model"));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(Golden.golden("models/" + name).resolve(file), folder.resolve(file));
        }
        for (String file : List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")) {
            Files.copy(Golden.golden("trl/base").resolve(file), folder.resolve(file));
        }
        return folder;
    }

    private static double loss(List<Map<String, Object>> lines, int step) {
        return lines.stream()
                .filter(l -> l.get("step") instanceof Number n && n.intValue() == step && l.containsKey("loss"))
                .mapToDouble(l -> ((Number) l.get("loss")).doubleValue())
                .findFirst()
                .orElseThrow();
    }
}
