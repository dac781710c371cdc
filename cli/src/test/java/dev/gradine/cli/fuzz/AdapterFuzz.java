package dev.gradine.cli.fuzz;

import dev.gradine.io.CheckpointException;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterException;
import dev.gradine.peft.AdapterFolder;
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

/// Adapter folders of every method, one of their two files changed.
final class AdapterFuzz {

    private static final List<String> METHODS = List.of(
            "lora",
            "lora-patterns",
            "lora-one-layer",
            "lora-head-and-bias",
            "lora-embedding",
            "dora",
            "dora-embedding",
            "ia3",
            "prompt-tuning");

    private static final List<String> KEYS = List.of(
            "r",
            "lora_alpha",
            "target_modules",
            "exclude_modules",
            "modules_to_save",
            "rank_pattern",
            "alpha_pattern",
            "layers_to_transform",
            "layers_pattern",
            "peft_type",
            "bias",
            "use_dora",
            "use_rslora",
            "fan_in_fan_out",
            "num_virtual_tokens",
            "ensure_weight_tying");

    private static final List<String> WORDS = List.of(
            "",
            "q_proj",
            "all-linear",
            "lm_head",
            "embed_tokens",
            "(a+)+$",
            ".*.*.*.*.*x",
            "(?P<n>q)_(?P=n)",
            "model\\.layers\\.[01]\\.self_attn\\.(q|v)_proj\\Z",
            "(",
            "[",
            "(?<=a*)b",
            "\\1",
            "a{1,99999}",
            "LORA",
            "IA3",
            "all",
            "\u0000",
            "\ud800");

    private static final List<String> PARTS = List.of(
            "[\"q_proj\", \"q_proj\"]",
            "{\"(a|a)*q_proj\": 3}",
            "[-1]",
            "[0, 99999999999]",
            "{\"q_proj\": 0}",
            "1e999");

    private AdapterFuzz() {}

    static List<FileKind> kinds(Path folder, Kernels run) throws IOException {
        OpenModel model = Models.open(TinyFiles.golden("peft/base"), run); // lives as long as the program
        List<Original> configs = new ArrayList<>();
        List<Original> weights = new ArrayList<>();
        for (String method : METHODS) {
            configs.add(original(method, folder.resolve(method + "-config"), AdapterFolder.CONFIG, model, run));
            weights.add(original(method, folder.resolve(method + "-weights"), AdapterFolder.WEIGHTS, model, run));
        }
        FileKind.Change json = new Mutation(WORDS).or(new JsonChange(KEYS, WORDS, PARTS));
        Set<Class<? extends IllegalArgumentException>> refusals =
                Set.of(CheckpointException.class, AdapterException.class);
        return List.of(
                new FileKind(AdapterFolder.CONFIG, configs, json, refusals),
                new FileKind(AdapterFolder.WEIGHTS, weights, SafetensorsFuzz.change(), refusals));
    }

    private static Original original(String method, Path adapter, String name, OpenModel model, Kernels run)
            throws IOException {
        TinyFiles.copy(TinyFiles.golden("peft/" + method + "/adapter"), adapter);
        Path file = adapter.resolve(name);
        return new Original(Files.readAllBytes(file), adapter, bytes -> {
            Files.write(file, bytes);
            try (Kernels step = run.openStep()) {
                AdapterFolder.load(adapter, model.model(), step);
            }
        });
    }
}
