package dev.gradine.optim;

import static java.util.Objects.requireNonNull;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;

/// A matrix `f32[3,5]` and a vector `f32[21]` under an optimiser, with gradients from nowhere.
final class Vectors implements AutoCloseable {

    private static final int MATRIX = 15;
    private static final int ALL = 36;

    private final Kernels run = CpuKernels.open();
    private final Param matrix = Param.trained("matrix", run.of(Shape.of(3, 5), part(start(), 0, MATRIX)), run);
    private final Param vector = Param.trained("vector", run.of(Shape.of(21), part(start(), MATRIX, ALL)), run);
    private final Optimizer optimizer;

    /// Both in one group.
    Vectors(Optimizer.Settings settings, double decay) {
        this(settings, v -> {
            SequencedMap<String, Param> all = v.matrix();
            all.put("vector", v.vector);
            return List.of(new Group(all, 1, decay));
        });
    }

    Vectors(Optimizer.Settings settings, Function<Vectors, List<Group>> groups) {
        optimizer = settings.over(groups.apply(this), run);
    }

    static float[] start() {
        return Cases.plain(1, ALL, 2);
    }

    private static float[] part(float[] all, int from, int to) {
        return Arrays.copyOfRange(all, from, to);
    }

    SequencedMap<String, Param> matrix() {
        SequencedMap<String, Param> only = new LinkedHashMap<>();
        only.put("matrix", matrix);
        return only;
    }

    Group vectors(double lrFactor, double decay) {
        SequencedMap<String, Param> only = new LinkedHashMap<>();
        only.put("vector", vector);
        return new Group(only, lrFactor, decay);
    }

    /// Puts random gradients of at least 0.1 in place, times `scale`, and gives them back.
    float[] gradients(long seed, float scale) {
        float[] g = Cases.plain(seed, ALL, 2);
        for (int i = 0; i < ALL; i++) g[i] = scale * (g[i] + Math.copySign(0.1f, g[i]));
        run.upload(part(g, 0, MATRIX), matrix.grad());
        run.upload(part(g, MATRIX, ALL), vector.grad());
        return g;
    }

    void step(int t, double lr, double gradScale) {
        optimizer.step(t, lr, gradScale);
    }

    float[] values() {
        return joined(matrix.value(), vector.value());
    }

    float[] gradientValues() {
        return joined(matrix.grad(), vector.grad());
    }

    private float[] joined(Tensor a, Tensor b) {
        float[] all = Arrays.copyOf(run.download(a), ALL);
        System.arraycopy(run.download(b), 0, all, MATRIX, ALL - MATRIX);
        return all;
    }

    /// What the optimiser keeps.
    SequencedMap<String, List<Float>> stateValues() {
        SequencedMap<String, List<Float>> all = new LinkedHashMap<>();
        optimizer.state().forEach((name, t) -> {
            Float[] boxed = new Float[t.size()];
            float[] values = run.download(t);
            for (int i = 0; i < boxed.length; i++) boxed[i] = values[i];
            all.put(name, List.of(boxed));
        });
        return all;
    }

    /// Takes over parameters and state of `other`.
    void restore(Vectors other) {
        run.upload(other.run.download(other.matrix.value()), matrix.value());
        run.upload(other.run.download(other.vector.value()), vector.value());
        SequencedMap<String, Tensor> from = other.optimizer.state();
        optimizer.state().forEach((name, t) -> run.upload(other.run.download(requireNonNull(from.get(name))), t));
    }

    @Override
    public void close() {
        run.close();
    }
}
