package dev.gradine.optim;

import static java.util.Objects.requireNonNull;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
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
    private final List<Group> groups;
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
        this.groups = groups.apply(this);
        optimizer = settings.over(this.groups, run);
    }

    List<Group> groups() {
        return groups;
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
            try (Arena arena = Arena.ofShared()) {
                byte[] bytes = run.toHost(t, arena).data().toArray(ValueLayout.JAVA_BYTE);
                all.put(name, values(t.dtype(), bytes));
            }
        });
        return all;
    }

    private static List<Float> values(DType type, byte[] bytes) {
        List<Float> values = new ArrayList<>();
        FloatBuffer floats =
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        if (type == DType.U8) for (byte b : bytes) values.add((float) (b & 0xff));
        else while (floats.hasRemaining()) values.add(floats.get());
        return values;
    }

    /// Takes over parameters and state of `other`.
    void restore(Vectors other) {
        run.upload(other.run.download(other.matrix.value()), matrix.value());
        run.upload(other.run.download(other.vector.value()), vector.value());
        SequencedMap<String, Tensor> from = other.optimizer.state();
        optimizer.state().forEach((name, t) -> run.copy(requireNonNull(from.get(name)), t));
    }

    @Override
    public void close() {
        run.close();
    }
}
