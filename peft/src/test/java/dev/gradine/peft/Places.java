package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/// A "model" that is nothing but places for adapters, each reading inputs of its own.
record Places(List<Linear> linears, List<Convolution> convolutions, List<Embedding> embeddings, List<Weight> weights)
        implements Model {

    static final int IN = 24;
    private static final int OUT = 18;
    private static final int CHANNELS = 8;
    private static final int VOCAB = 5;
    private static final int WIDTH = 6;
    private static final List<int[]> TOKENS = List.of(new int[] {1, 0, 4}, new int[] {2, 3, 3, 1});
    private static final int ROWS = 7; // one a token
    private static final float STEP = 0x1p-6f;

    static Places of(Kernels run) {
        return of(run, FrozenType.F32);
    }

    /// @param type of linear layers' weights; convolutions, biases and the table stay what they are in such a model
    static Places of(Kernels run, FrozenType type) {
        List<Weight> weights = new ArrayList<>();
        List<Linear> linears = new ArrayList<>();
        for (String path : List.of("model.layers.0.k_proj", "model.layers.0.down_proj")) {
            Weight w = weight(path + ".weight", values -> type.of(values, run), OUT, IN);
            Weight b = weight(path + ".bias", values -> type.ofOther(values, run), OUT);
            weights.addAll(List.of(w, b));
            linears.add(new Linear(path, w, b));
        }
        String path = "model.layers.0.conv1";
        Weight w = weight(path + ".weight", values -> type.ofOther(values, run), CHANNELS, CHANNELS, 2, 3);
        Weight b = weight(path + ".bias", values -> type.ofOther(values, run), CHANNELS);
        weights.addAll(List.of(w, b));
        Convolution convolution = new Convolution(path, w, b, Windows.square(2, 1));
        Weight table = weight("model.embed_tokens.weight", values -> type.ofOther(values, run), VOCAB, WIDTH);
        weights.add(table);
        return new Places(linears, List.of(convolution), List.of(new Embedding("model.embed_tokens", table)), weights);
    }

    private static Weight weight(String name, UnaryOperator<Tensor> type, int... dims) {
        Shape shape = Shape.of(dims);
        Tensor values = Tensor.of(Arena.ofAuto(), shape, Cases.plain(name.hashCode(), shape.size(), 1));
        return new Weight(name, Param.frozen(name, type.apply(values)));
    }

    List<float[]> values(Kernels run) {
        return weights.stream().map(w -> run.download(w.param().value())).toList();
    }

    private int count() {
        return linears.size() + convolutions.size() + embeddings.size();
    }

    /// What one place gives.
    private Var output(int place, Tape tape, Adapters adapters) {
        Pass pass = Pass.of(tape, TokenBatch.of(TOKENS)).with(adapters);
        if (place >= linears.size() + convolutions.size())
            return embeddings.getFirst().forward(tape, pass);
        if (place == linears.size()) {
            Shape images = Shape.of(2, CHANNELS, 4, 5);
            return convolutions
                    .getFirst()
                    .forward(tape.constant(tape.kernels().of(images, Cases.plain(4, images.size(), 1))), pass);
        }
        Var x = tape.constant(tape.kernels().of(Shape.of(ROWS, IN), Cases.plain(3, ROWS * IN, 1)));
        return linears.get(place).forward(x, pass);
    }

    private float[] output(int place, Adapters adapters, Kernels run) {
        try (Kernels k = run.openStep()) {
            return k.download(output(place, Tape.noGrad(k), adapters).value());
        }
    }

    /// What every place gives, one behind the other.
    float[] output(Adapters adapters, Kernels run) {
        float[] all = new float[0];
        for (int place = 0; place < count(); place++) {
            float[] more = output(place, adapters, run);
            float[] longer = Arrays.copyOf(all, all.length + more.length);
            System.arraycopy(more, 0, longer, all.length, more.length);
            all = longer;
        }
        return all;
    }

    private static float[] upstream(int place, int size) {
        return Cases.plain(50 + place, size, 1);
    }

    /// Gradients of Σ dy · y over all places, left on the parameters.
    void backward(Adapters adapters, Kernels run) {
        for (int place = 0; place < count(); place++) {
            try (Kernels k = run.openStep()) {
                Var y = output(place, Tape.recording(k), adapters);
                if (!y.requiresGrad()) continue;
                Tensor dy = k.of(y.shape(), upstream(place, y.value().size()));
                y.tape().backward(y, dy);
            }
        }
    }

    /// Central differences of Σ dy · y by values of `p`.
    ///
    /// @param values their numbers
    double[] slope(Adapters adapters, Param p, int[] values, Kernels run) {
        float[] at = run.download(p.value());
        double[] slope = new double[values.length];
        for (int place : reached(adapters, p, at, run)) {
            for (int i = 0; i < slope.length; i++) {
                float[] moved = at.clone();
                moved[values[i]] = at[values[i]] + STEP;
                double h = moved[values[i]];
                run.upload(moved, p.value());
                double above = loss(place, adapters, run);
                moved[values[i]] = at[values[i]] - STEP;
                run.upload(moved, p.value());
                slope[i] += (above - loss(place, adapters, run)) / (h - moved[values[i]]);
            }
        }
        run.upload(at, p.value());
        return slope;
    }

    /// The places whose output changes with `p`.
    private List<Integer> reached(Adapters adapters, Param p, float[] at, Kernels run) {
        List<Integer> reached = new ArrayList<>();
        for (int place = 0; place < count(); place++) {
            run.upload(at, p.value());
            float[] before = output(place, adapters, run);
            run.upload(Cases.plain(77, at.length, 1), p.value());
            if (!Arrays.equals(before, output(place, adapters, run))) reached.add(place);
        }
        return reached;
    }

    private double loss(int place, Adapters adapters, Kernels run) {
        float[] y = output(place, adapters, run);
        float[] dy = upstream(place, y.length);
        double sum = 0;
        for (int i = 0; i < y.length; i++) sum += (double) dy[i] * y[i];
        return sum;
    }

    /// The differences err by h² of the third derivative, taken as the largest slope, and by the rounding of each
    /// output over 2h.
    Tolerance slopeTolerance(double[] slope, Kernels run, Adapters adapters) {
        double largest = 0;
        for (double s : slope) largest = Math.max(largest, Math.abs(s));
        float[] y = output(adapters, run);
        double size = 0;
        for (float v : y) size = Math.max(size, Math.abs(v));
        double noise = 8 * Tolerance.EPSILON * Math.sqrt(y.length) * size / (2 * STEP);
        return new Tolerance(STEP * STEP * largest + noise, 0, "h² of the slope and rounding over 2h");
    }
}
