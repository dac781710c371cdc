package dev.gradine.cli.fuzz;

import dev.gradine.data.jinja.TemplateException;
import dev.gradine.data.token.TokenizerException;
import dev.gradine.export.GgufExport;
import dev.gradine.io.CheckpointException;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Mutation;
import dev.gradine.testkit.fuzz.Original;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// GGUF files with a tokenizer and without one: their metadata and the table of tensors.
final class GgufFuzz {

    private static final int FRONT = 12_000; // bytes: metadata, tokens and tensors of the files here

    private static final List<String> WORDS = List.of(
            "GGUF",
            "llama",
            "general.architecture",
            "tokenizer.ggml.model",
            "gpt2",
            "rope.scaling.type",
            "yarn",
            "\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000",
            "\u0008\u0000\u0000\u0000",
            "\u0009\u0000\u0000\u0000\u0009\u0000\u0000\u0000");

    private GgufFuzz() {}

    static List<FileKind> kinds(Path folder, Path tiny, Kernels run) throws IOException {
        Path home = Files.createDirectories(folder.resolve("gguf"));
        Path file = home.resolve("model.gguf");
        Original.Reader text =
                TinyFiles.opening(file, file, run, m -> m.codec().tokenizer().encode("the \u00e9", true));
        Original.Reader tensors = TinyFiles.opening(file, file, run);
        byte[] gemma = Files.readAllBytes(TinyFiles.golden("gguf/gemma3/model.gguf"));
        List<Original> originals = List.of(
                new Original(exported(tiny, DType.F32, home, run), home, text),
                new Original(exported(tiny, DType.F16, home, run), home, text),
                new Original(gemma, file, tensors));
        FileKind.Change change = new Mutation(WORDS).before(_ -> FRONT);
        return List.of(new FileKind(
                "gguf",
                originals,
                change,
                Set.of(CheckpointException.class, TokenizerException.class, TemplateException.class)));
    }

    private static byte[] exported(Path model, DType type, Path home, Kernels run) throws IOException {
        Path out = home.resolve(type + ".gguf");
        try (Kernels step = run.openStep();
                OpenModel m = Models.open(model, step)) {
            GgufExport.write(m, AdapterSet.none(m.model()), type, out);
        }
        return Files.readAllBytes(out);
    }
}
