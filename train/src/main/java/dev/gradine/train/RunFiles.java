package dev.gradine.train;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.train.report.RunInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a run reads, where it writes, and what it leaves beside the adapter.
///
/// @param data files of rows, at least one
/// @param chatTemplate the template for conversations: a name or a file; null for the model's own
/// @param tokens where tokenised rows are kept
/// @param resume whether to go on from the latest checkpoint
/// @param sampleEvery steps from one answer to the prompts to the next; 0 for before and after only
/// @param samples prompts answered before and after
/// @param profile whether to say by kernel where time went
/// @param tape step whose ops are written down; 0 for the first that is taken, null for none
public record RunFiles(
        @Option(
                says = "Model to train: a Hugging Face folder, a GGUF file or a llama2.c .bin.",
                label = "DIR|FILE",
                group = "Model",
                required = true)
        Path model,

        @Option(
                says = "Data set, or several: .jsonl, .json, .csv (also .gz) or .parquet; columns tell which rows.",
                label = "FILE",
                group = "Data",
                required = true)
        List<Path> data,

        @Option(
                says = "Template for conversations: a name among the model's or the usual ones (chatml, llama3,"
                        + " mistral, …), or a file of Jinja.",
                label = "NAME|FILE",
                otherwise = "the model's own")
        @Nullable
        String chatTemplate,

        @Part TokenCacheSettings tokens,

        @Option(
                says = "Folder for adapter, metrics, checkpoints and report; absent or empty.",
                label = "DIR",
                group = "Output",
                required = true,
                free = true)
        Path out,

        @Option(
                says = "Go on from the latest checkpoint in --out; auto: begin where there is none, and pass over one"
                        + " that is damaged.",
                label = "auto",
                otherwise = "no",
                bare = "latest",
                free = true)
        Resume resume,

        @Option(
                says = "Prompts answered before and after, for the report.",
                label = "N",
                group = "Output",
                least = 0,
                free = true)
        int samples,

        @Option(
                says = "Let the prompts be answered in between, too, into samples.jsonl.",
                label = "STEPS",
                group = "Output",
                otherwise = "0: before and after only",
                least = 0,
                free = true)
        int sampleEvery,

        @Option(
                says = "In the end, say by kernel where the time of a step went (from the third step on).",
                group = "Output",
                free = true)
        boolean profile,

        @Option(
                says = "Write down every op of a step with shape, bytes, life and gradient: tape.json.",
                label = "STEP",
                group = "Output",
                otherwise = "none; the first that is taken where no step is given",
                bare = "0",
                least = 0,
                free = true)
        @Nullable
        Integer tape) {

    /// Copies the list.
    public RunFiles {
        data = List.copyOf(data);
    }

    /// A run that begins, with nothing beside it.
    ///
    /// @param out absent or empty
    public static RunFiles of(Path model, Path data, Path out) {
        return new RunFiles(model, List.of(data), null, TokenCacheSettings.NONE, out, Resume.NO, 0, 0, false, null);
    }

    /// What a command begins with; the paths are to be given.
    public static RunFiles defaults() {
        Path none = Path.of("");
        return new RunFiles(none, List.of(), null, TokenCacheSettings.USUAL, none, Resume.NO, 2, 0, false, null);
    }

    /// Whether the run begins, and does not go on.
    public boolean isFresh() {
        return resume == Resume.NO || (resume == Resume.AUTO && !Files.exists(out.resolve(RunInfo.FILE)));
    }
}
