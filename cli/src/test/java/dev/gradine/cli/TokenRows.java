package dev.gradine.cli;

import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;

/// A file of token ids for `score`.
final class TokenRows {

    private TokenRows() {}

    /// Two rows of three tokens.
    static Path write(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            Safetensors.write(file, Map.of("input_ids", Tensor.of(arena, Shape.of(2, 3), 1, 2, 3, 4, 5, 6)));
        }
        return file;
    }
}
