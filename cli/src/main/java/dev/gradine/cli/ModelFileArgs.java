package dev.gradine.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/// The model that a command opens.
final class ModelFileArgs {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR|FILE",
            description = "Model: a Hugging Face folder, a GGUF file or a llama2.c .bin.")
    private Path model = Path.of("");

    Path path() {
        return model;
    }
}
