package dev.gradine.cli.forward;

import dev.gradine.io.Safetensors;
import dev.gradine.io.TokenFile;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The named tensors that a model is run on: those of a safetensors file.
public final class NamedInputs {

    /// What a file says of a tensor without its values.
    private record Seen(DType type, Shape shape) {}

    private final Path file;
    private final Map<String, Seen> all = new LinkedHashMap<>();

    /// @throws dev.gradine.io.CheckpointException if it is no such file
    public NamedInputs(Path file) {
        this.file = file;
        try (Arena arena = Arena.ofConfined()) {
            Safetensors stored = Safetensors.open(file, arena);
            for (String name : stored.names()) {
                Tensor t = stored.tensor(name);
                all.put(name, new Seen(t.dtype(), t.shape()));
            }
        }
    }

    /// Fails on a tensor that a model does not take, for it would change nothing.
    ///
    /// @param kind of the model
    /// @throws IllegalArgumentException names it
    public void requireOnly(List<String> taken, String kind) {
        for (String name : all.keySet()) {
            if (taken.contains(name)) continue;
            throw new IllegalArgumentException("%s: %s is no input of %s, expected some of %s"
                    .formatted(file, name, kind, String.join(", ", taken)));
        }
    }

    /// Whether a tensor of that name is there.
    boolean has(String name) {
        return all.containsKey(name);
    }

    /// Whether it holds whole numbers.
    boolean isWhole(String name) {
        Seen seen = all.get(name);
        return seen != null && (seen.type() == DType.I64 || seen.type() == DType.I32);
    }

    /// How many axes a tensor has; 0 of one that is not there.
    int rank(String name) {
        Seen seen = all.get(name);
        return seen == null ? 0 : seen.shape().rank();
    }

    /// The file, for readers of their own.
    Path file() {
        return file;
    }

    /// Whole numbers, which may be negative, one row behind the other.
    ///
    /// @throws IllegalArgumentException if they are of another shape
    int[] numbers(String name, Shape shape, String because) {
        require(name, shape, because);
        return TokenFile.numbers(file, name);
    }

    /// Numbers, one row behind the other.
    ///
    /// @throws IllegalArgumentException if they are of another shape or type
    float[] values(String name, Shape shape, String because) {
        require(name, shape, because);
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = Safetensors.open(file, arena).tensor(name);
            if (t.dtype() == DType.F32) return t.toFloats();
            throw new IllegalArgumentException("%s: %s is %s, expected F32".formatted(file, name, t.dtype()));
        }
    }

    private void require(String name, Shape shape, String because) {
        Seen seen = all.get(name);
        if (seen != null && seen.shape().equals(shape)) return;
        throw new IllegalArgumentException("%s: %s is %s, expected %s (%s)"
                .formatted(file, name, seen == null ? "missing" : seen.shape(), shape, because));
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
