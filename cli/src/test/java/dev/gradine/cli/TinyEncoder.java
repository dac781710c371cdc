package dev.gradine.cli;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The golden BERT with a tokenizer.
final class TinyEncoder {

    private TinyEncoder() {}

    /// Writes the folder.
    static Path write(Path folder) {
        copy(Golden.golden("classify/bert"), folder, "config.json", "model.safetensors");
        copy(Golden.golden("classify-steps/bert"), folder, "tokenizer.json", "tokenizer_config.json");
        return folder;
    }

    private static void copy(Path from, Path to, String... files) {
        try {
            Files.createDirectories(to);
            for (String file : files) Files.write(to.resolve(file), Files.readAllBytes(from.resolve(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The same as a model of words, without a head for labels.
    static Path headless(Path folder) {
        write(folder);
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(folder.resolve("config.json")));
        config.put("architectures", List.of("BertForMaskedLM"));
        Json.write(folder.resolve("config.json"), config);
        Path file = folder.resolve("model.safetensors");
        try (Arena arena = Arena.ofShared()) {
            Safetensors stored = Safetensors.open(file, arena);
            Map<String, Tensor> all = new LinkedHashMap<>();
            for (String n : stored.names()) if (!n.startsWith("classifier.")) all.put(n, stored.tensor(n));
            Safetensors.write(file, all);
        }
        return folder;
    }
}
