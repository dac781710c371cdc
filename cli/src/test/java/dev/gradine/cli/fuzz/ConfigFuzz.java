package dev.gradine.cli.fuzz;

import dev.gradine.io.CheckpointException;
import dev.gradine.tensor.Kernels;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Mutation;
import dev.gradine.testkit.fuzz.Original;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// `config.json` of a model of every family; its weights stay as they are.
final class ConfigFuzz {

    static final List<String> VALUES = List.of(
            "null",
            "true",
            "-1",
            "0",
            "1e999",
            "1e-300",
            "2147483647",
            "9223372036854775807",
            "\"linear\"",
            "\"yarn\"",
            "[]",
            "{}",
            "[[[[",
            "\"\\ud800\"",
            "NaN",
            "\"factor\":0",
            "\"rope_type\":\"yarn\",",
            "\"head_dim\":7,");

    private static final List<String> FAMILIES = List.of(
            "llama", "llama-tied", "llama-linear-rope", "llama3-rope", "qwen2", "qwen3", "gemma2", "gemma3", "gpt2");

    private static final List<String> KEYS = List.of(
            "head_dim",
            "rope_scaling",
            "rope_theta",
            "rope_type",
            "factor",
            "original_max_position_embeddings",
            "sliding_window",
            "layer_types",
            "model_type",
            "attention_bias",
            "quantization_config",
            "partial_rotary_factor",
            "eos_token_id");

    private static final List<String> WORDS = List.of(
            "", "llama", "gemma3_text", "linear", "yarn", "dynamic", "llama3", "silu", "gelu", "bfloat16", "\u0000");

    private static final List<String> PARTS = List.of(
            "{\"rope_type\": \"linear\", \"factor\": 0}",
            "{\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4, \"high_freq_factor\": 4,"
                    + " \"original_max_position_embeddings\": 1}",
            "[\"full_attention\"]",
            "{\"quant_method\": \"gptq\", \"bits\": 4}",
            "1e999",
            "1e-320",
            "4294967297");

    private ConfigFuzz() {}

    static List<FileKind> kinds(Path folder, Kernels run) throws IOException {
        List<Original> originals = new ArrayList<>();
        for (String family : FAMILIES) {
            Path model = TinyFiles.copy(TinyFiles.golden("models/" + family), folder.resolve(family));
            Path file = model.resolve("config.json");
            originals.add(new Original(Files.readAllBytes(file), model, TinyFiles.opening(file, model, run)));
        }
        FileKind.Change change = new Mutation(VALUES).or(new JsonChange(KEYS, WORDS, PARTS));
        return List.of(new FileKind("config.json", originals, change, Set.of(CheckpointException.class)));
    }
}
