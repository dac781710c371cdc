package dev.gradine.cli;

import dev.gradine.export.ExportCheck;
import dev.gradine.export.Findings;
import dev.gradine.export.FolderFormat;
import dev.gradine.export.GgufAdapter;
import dev.gradine.export.GgufExport;
import dev.gradine.export.MergedModel;
import dev.gradine.export.PeftExport;
import dev.gradine.export.Taker;
import dev.gradine.export.Takers;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.CheckpointException;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.DType;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine export`: a model and its adapter for other programs, checked against the model in memory.
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = "Write a model and its adapter for other programs, open the result anew and compare it.")
final class ExportCommand implements Callable<Integer>, ConfigFile.Reader {

    /// What is written.
    enum Target {
        /// The adapter alone, as PEFT writes it.
        PEFT,
        /// A Hugging Face folder with the adapter merged into the weights.
        SAFETENSORS,
        /// A file for llama.cpp with the adapter merged into the weights.
        GGUF,
        /// The adapter alone, as llama.cpp reads it.
        GGUF_LORA;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        boolean isFile() {
            return this == GGUF || this == GGUF_LORA;
        }

        boolean isAdapter() {
            return this == PEFT || this == GGUF_LORA;
        }
    }

    @Mixin
    private MergeArgs model = new MergeArgs();

    @Mixin
    private LogitBound bound = new LogitBound();

    @Option(
            names = "--to",
            required = true,
            paramLabel = "peft|safetensors|gguf|gguf-lora",
            description = {
                "safetensors: a model folder with the adapter merged into its weights.",
                "gguf: a model file for llama.cpp, merged likewise.",
                "peft: the adapter alone.",
                "gguf-lora: the adapter alone, for llama.cpp."
            })
    private String to = "";

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR|FILE",
            description = "Folder or .gguf file to write; not there yet.")
    private Path out = Path.of("");

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "With --to gguf, of matrices: f32, f16, bf16, q8_0, q4_0 or q4_1 (default f16).")
    private @Nullable String type;

    @Option(
            names = "--verify",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Open what was written and compare it with the model in memory (default: yes).")
    private boolean verify;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() {
        Target target = target();
        DType matrices = type();
        FolderFormat format = model.format();
        if (target != Target.SAFETENSORS) model.requireNoFormat(target.word());
        if (target != Target.GGUF && type != null) {
            throw new IllegalArgumentException("--type is for --to gguf, not for --to " + target.word()
                    + (target == Target.SAFETENSORS ? "; the type of its weights is --dtype" : ""));
        }
        requireBound(target);
        requireFree(target);
        model.requireWords();
        try (LoadedModel m = model.open()) {
            AdapterSet adapted = target.isAdapter() ? model.adapt(m) : model.adaptOrNone(m);
            PrintWriter print = spec.commandLine().getOut();
            List<String> notes = write(m.open(), adapted, target, matrices, format);
            print.printf("%s written: %s%n", target.word(), out);
            notes.forEach(note -> print.println("note: " + note));
            if (verify && !verified(m.open(), adapted, target)) return Failures.FAULT;
            print.println("taken by");
            takers(m.open(), adapted, target, matrices).forEach(t -> print.println("  " + t));
            print.flush();
            return 0;
        }
    }

    private void requireBound(Target target) {
        if (Double.isNaN(bound.most())) return;
        if (target.isAdapter()) {
            throw new IllegalArgumentException(
                    "--max-difference is for whole models; --to %s is compared bit for bit".formatted(target.word()));
        }
        if (!verify) throw new IllegalArgumentException("--max-difference needs --verify");
    }

    private List<String> write(OpenModel m, AdapterSet adapted, Target target, DType matrices, FolderFormat format) {
        return switch (target) {
            case PEFT -> {
                PeftExport.write(adapted, m.source().toString(), out, m.run());
                yield List.of();
            }
            case SAFETENSORS -> MergedModel.write(m, adapted, out, format, _ -> {});
            case GGUF -> GgufExport.write(m, adapted, matrices, out);
            case GGUF_LORA -> {
                GgufAdapter.write(m, adapted, out);
                yield List.of();
            }
        };
    }

    private boolean verified(OpenModel m, AdapterSet adapted, Target target) {
        Findings findings = switch (target) {
            case PEFT -> ExportCheck.adapter(m, adapted, out);
            case GGUF_LORA -> GgufAdapter.check(m, adapted, out);
            case SAFETENSORS, GGUF -> ExportCheck.whole(m, adapted, out, bound.most());
        };
        PrintWriter print = spec.commandLine().getOut();
        findings.agreed().forEach(line -> print.println("  same  " + line));
        print.flush();
        PrintWriter err = spec.commandLine().getErr();
        findings.faults().forEach(line -> err.println("gradine: export: " + line));
        if (!findings.isClean()) {
            AtomicFiles.remove(out);
            err.printf("gradine: export: %s is not the model in memory; it was removed%n", out);
        }
        err.flush();
        return findings.isClean();
    }

    private List<Taker> takers(OpenModel m, AdapterSet adapted, Target target, DType matrices) {
        return switch (target) {
            case PEFT -> Takers.adapter(adapted);
            case SAFETENSORS ->
                Takers.folder(
                        String.valueOf(m.checkpoint().config().get("model_type")),
                        Files.exists(out.resolve("tokenizer.json")));
            case GGUF ->
                Takers.gguf(
                        matrices,
                        m.hasTokenizer(),
                        String.valueOf(m.checkpoint().config().get("model_type")));
            case GGUF_LORA -> Takers.ggufAdapter();
        };
    }

    private Target target() {
        for (Target t : Target.values()) if (t.word().equalsIgnoreCase(to)) return t;
        throw new IllegalArgumentException("--to: %s, expected peft, safetensors, gguf or gguf-lora".formatted(to));
    }

    private DType type() {
        if (type == null) return DType.F16;
        List<DType> all = List.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q4_1);
        for (DType t : all) if (t.name().equalsIgnoreCase(type)) return t;
        throw new IllegalArgumentException("--type: %s, expected f32, f16, bf16, q8_0, q4_0 or q4_1".formatted(type));
    }

    private void requireFree(Target target) {
        if (!target.isFile()) {
            AtomicFiles.requireFree(out);
            return;
        }
        if (!String.valueOf(out.getFileName()).endsWith(".gguf")) {
            throw new IllegalArgumentException("--out: %s, expected a name that ends in .gguf".formatted(out));
        }
        if (Files.exists(out)) throw new CheckpointException(out, "is there already, expected a new file");
    }
}
