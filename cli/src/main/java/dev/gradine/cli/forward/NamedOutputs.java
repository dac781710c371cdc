package dev.gradine.cli.forward;

import dev.gradine.autograd.Var;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The named tensors that a model has made, to be written to a file.
public final class NamedOutputs {

    private static final String LOSS = "loss";

    private final Arena arena = Arena.ofAuto();
    private final Map<String, Tensor> all = new LinkedHashMap<>();
    private final List<Var> loss = new ArrayList<>(); // one, or none

    /// Adds a tensor in host memory.
    public void put(String name, Tensor t) {
        all.put(name, t);
    }

    private void put(String name, Shape shape, float... values) {
        put(name, Tensor.of(arena, shape, values));
    }

    /// Adds a tensor as the tape has it.
    void put(String name, Var value) {
        put(name, value.shape(), value.tape().kernels().download(value.value()));
    }

    /// Adds the rows of tokens, `f32[N,C]`, as `[B,T,C]`: rows of padding, which mean nothing, are 0.
    void putRows(String name, Var rows, PaddedTexts texts) {
        float[] read = rows.tape().kernels().download(rows.value());
        int width = rows.shape().last();
        int[] cells = texts.cells();
        float[] padded = new float[Math.multiplyExact(texts.count() * texts.width(), width)];
        for (int i = 0; i < cells.length; i++) {
            System.arraycopy(read, i * width, padded, cells[i] * width, width);
        }
        put(name, Shape.of(texts.count(), texts.width(), width), padded);
    }

    /// Adds the loss, a scalar.
    void putLoss(Var value) {
        loss.add(value);
        put(LOSS, value);
    }

    /// The loss, for its gradient: one, or none.
    public List<Var> loss() {
        return List.copyOf(loss);
    }

    /// Writes all of them.
    public void write(Path file) {
        Safetensors.write(file, all);
    }
}
