package dev.gradine.models;

import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/// Weights that a model asks for and its file does not have. They are gathered, so that one message names them all.
final class MissingTensors {

    private static final int MOST_NAMED = 5;
    private static final long MOST_VALUES = 16 << 20; // held in place of weights that are missing

    private final Checkpoint checkpoint;
    private final List<String> names = new ArrayList<>();
    private long values;

    MissingTensors(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
    }

    /// Zeros of the shape expected, so that the model asks on.
    ///
    /// @throws CheckpointException if they would need too much memory: it names those that are missing so far
    Tensor standIn(String name, Shape expected, Arena arena) {
        names.add(name);
        values += expected.size();
        if (values > MOST_VALUES) requireNone();
        return new Tensor(arena.allocate(4L * expected.size(), Tensor.ALIGNMENT), DType.F32, expected);
    }

    /// @throws CheckpointException names the file and the first of them, if there are any
    void requireNone() {
        int n = names.size();
        if (n == 0) return;
        String named = String.join(", ", names.subList(0, Math.min(n, MOST_NAMED)));
        throw new CheckpointException(
                checkpoint.path(),
                "no tensor %s%s, which a %s has by its config"
                        .formatted(
                                named,
                                n > MOST_NAMED ? " and %d more".formatted(n - MOST_NAMED) : "",
                                checkpoint.config().get("model_type")));
    }
}
