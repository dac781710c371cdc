package dev.gradine.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Runs of `sft` of a tiny model on rows of tokens, all in one folder.
record TinyRuns(Path folder) {

    /// Writes the model and the rows.
    static TinyRuns on(Path folder, int rows, int length) {
        TinyModel.write(folder.resolve("model"));
        TinyModel.tokenRows(folder.resolve("data.jsonl"), rows, length, 1);
        return new TinyRuns(folder);
    }

    /// The arguments of a run, which answers no prompts.
    Object[] args(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", folder.resolve("model"), "--samples", 0));
        all.addAll(List.of("--data", folder.resolve("data.jsonl"), "--out", folder.resolve(out)));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    /// A run.
    Cli sft(String out, Object... more) {
        return Cli.run(args(out, more));
    }

    /// What a run has learnt.
    Map<String, float[]> adapter(String out) {
        return Values.floats(weights(out));
    }

    /// The file of what a run has learnt.
    Path weights(String out) {
        return folder.resolve(out).resolve("adapter_model.safetensors");
    }

    /// All lines of a run's metrics.
    List<Map<String, Object>> metrics(String out) {
        return Values.metrics(folder.resolve(out));
    }

    /// Some options and more.
    static Object[] join(Object[] some, Object... more) {
        List<Object> all = new ArrayList<>(Arrays.asList(some));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }
}
