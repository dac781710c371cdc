package dev.gradine.cli.fuzz;

import dev.gradine.cli.TinyModel;
import dev.gradine.export.LogitsCheck;
import dev.gradine.io.Json;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.fuzz.Original;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Files that kinds share, and how a model is opened and used.
final class TinyFiles {

    private static final int TOKENS = 3;

    private TinyFiles() {}

    /// A Llama with a scaled rotation.
    static Path model(Path folder) throws IOException {
        TinyModel.write(folder);
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(folder.resolve("config.json")));
        config.put("rope_scaling", Map.of("rope_type", "linear", "factor", 2.0));
        config.put("torch_dtype", "float32");
        config.put("eos_token_id", List.of(258, 256));
        Json.write(folder.resolve("config.json"), config);
        return folder;
    }

    /// Golden values that travel with the repository.
    static Path golden(String path) {
        return Golden.repository().resolve("golden").resolve(path);
    }

    /// A reader that writes `file` and opens the model in `model`, which is the file or its folder. A model that opens
    /// computes the logits of three tokens.
    static Original.Reader opening(Path file, Path model, Kernels run) {
        return opening(file, model, run, _ -> {});
    }

    /// The same, and uses the model further.
    static Original.Reader opening(Path file, Path model, Kernels run, Consumer<OpenModel> use) {
        return bytes -> {
            Files.write(file, bytes);
            try (Kernels step = run.openStep();
                    OpenModel m = Models.open(model, step)) {
                boolean fits = m.model().vocabSize() >= TOKENS && m.model().maxPositions() >= TOKENS;
                if (fits) LogitsCheck.logits(Policy.of(m.model()), step, List.of(new int[] {1, 0, TOKENS - 1}));
                use.accept(m);
            }
        };
    }

    /// Copies a folder's files.
    static Path copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path f : files.filter(Files::isRegularFile).toList()) Files.copy(f, to.resolve(f.getFileName()));
        }
        return to;
    }

    /// Deletes a folder with all that is in it.
    static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path p : all.sorted(Comparator.reverseOrder()).toList()) Files.delete(p);
        }
    }
}
