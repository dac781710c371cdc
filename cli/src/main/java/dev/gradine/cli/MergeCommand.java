package dev.gradine.cli;

import dev.gradine.export.FolderFormat;
import dev.gradine.export.MergeError;
import dev.gradine.export.MergedModel;
import dev.gradine.io.AtomicFiles;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterSet;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine merge`: one model folder out of a model and its adapter.
///
/// An adapter of a quantised base was trained against decoded weights, and there are three ways to put it into weights:
///
/// ```
/// decoded        decode(Q) + ΔW               what was trained
/// full           W + ΔW                       of more bits than the base; off by W − decode(Q)
/// requantised    decode(quantise(decode(Q) + ΔW))     as small as the base; off by one more rounding to a few bits
/// ```
@Command(
        name = "merge",
        mixinStandardHelpOptions = true,
        description = {
            "Write a Hugging Face model folder with the adapter merged into the weights, and print how far it is from"
                    + " the model with the adapter beside it.",
            "Over a quantised base --onto says which weights the adapter is added to."
        })
final class MergeCommand implements Runnable, ConfigFile.Reader {

    private static final String DECODED = "decoded";
    private static final String FULL = "full";
    private static final String REQUANTISED = "requantised";

    @Mixin
    private MergeArgs model = new MergeArgs();

    @Mixin
    private LogitBound bound = new LogitBound();

    @Option(
            names = "--onto",
            paramLabel = "WAY",
            description =
                    "Over a quantised base: decoded, its weights decoded, as in training; full, the weights before"
                            + " they were quantised; requantised, the sum quantised once more (default decoded).")
    private @Nullable String onto;

    @Option(
            names = "--base-weights",
            paramLabel = "PATH",
            description = "Model of the weights that --onto full adds to (default: with --quantize, those of --model).")
    private @Nullable Path baseWeights;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; absent or empty.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        FolderFormat format = model.format();
        requireWay();
        AtomicFiles.requireFree(out);
        try (LoadedModel m = model.open()) {
            if (onto != null) requireQuantised(m.open());
            AdapterSet adapted = model.adaptMeant(m.open());
            notes(m, adapted, format).forEach(spec.commandLine().getOut()::println);
        }
        spec.commandLine().getOut().println("merged model in " + out);
    }

    private void requireWay() {
        if (onto != null && !List.of(DECODED, FULL, REQUANTISED).contains(onto)) {
            throw new IllegalArgumentException("--onto: %s, expected decoded, full or requantised".formatted(onto));
        }
        if (baseWeights != null && !FULL.equals(onto)) {
            throw new IllegalArgumentException("--base-weights needs --onto full");
        }
    }

    private void requireQuantised(OpenModel m) {
        if (isQuantised(m)) return;
        throw new IllegalArgumentException(
                "--onto: %s is not quantised, expected a base that is, or --quantize".formatted(m.source()));
    }

    private static boolean isQuantised(OpenModel m) {
        return m.text().linears().stream()
                .anyMatch(l -> !l.weight().param().value().dtype().isFloat());
    }

    private List<String> notes(LoadedModel m, AdapterSet adapted, FolderFormat format) {
        if (FULL.equals(onto)) return ontoFull(m, adapted, format);
        FolderFormat how = REQUANTISED.equals(onto) ? format.requantising() : format;
        return MergedModel.write(m.open(), adapted, out, how, written -> check(m.open(), adapted, written));
    }

    private List<String> ontoFull(LoadedModel m, AdapterSet adapted, FolderFormat format) {
        Path from = baseWeights;
        if (from == null) {
            if (m.open().quantised().isEmpty()) {
                throw new IllegalArgumentException(
                        "--onto full: missing --base-weights, expected the model %s was quantised from"
                                .formatted(m.open().source()));
            }
            from = m.open().source();
        }
        if (!adapted.replaced().isEmpty()) {
            throw new IllegalArgumentException(
                    ("--onto full: the adapter has base weights of its own, such as %s; expected one"
                                    + " over the model's")
                            .formatted(adapted.replaced().firstEntry().getKey().path()));
        }
        try (OpenModel full = model.plain(from, m)) {
            if (isQuantised(full)) {
                throw new IllegalArgumentException(
                        "--base-weights: %s is quantised, expected the weights before".formatted(from));
            }
            AdapterSet over = model.adaptMeant(full);
            return MergedModel.write(full, over, out, format, written -> check(m.open(), adapted, written));
        }
    }

    /// Prints the error, and fails if it is too large.
    private void check(OpenModel m, AdapterSet adapted, Path written) {
        MergeError error = MergeError.of(m, adapted, written);
        var print = spec.commandLine().getOut();
        print.println((isQuantised(m) ? "onto " + (onto == null ? DECODED : onto) + ": " : "") + error);
        print.flush();
        bound.require("merge", error.logits().difference(), error.logits().tolerance());
    }
}
