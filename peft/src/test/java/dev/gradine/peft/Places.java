package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;

/// A "model" that is nothing but places for adapters, each reading inputs of its own.
record Places(List<Linear> linears, List<Embedding> embeddings, List<Weight> weights) implements Model {

    static final int IN = 24;
    private static final int OUT = 18;
    private static final int VOCAB = 5;
    private static final int WIDTH = 6;
    private static final List<int[]> TOKENS = List.of(new int[] {1, 0, 4}, new int[] {2, 3, 3, 1});
    private static final int ROWS = 7; // one a token
    private static final float STEP = 0x1p-6f;

    static Places of(Kernels run) {
        List<Weight> weights = new ArrayList<>();
        List<Linear> linears = new ArrayList<>();
        for (String path : List.of("model.layers.0.k_proj", "model.layers.0.down_proj")) {
            Weight w = weight(run, path + ".weight", Shape.of(OUT, IN));
            Weight b = weight(run, path + ".bias", Shape.of(OUT));
            weights.addAll(List.of(w, b));
            linears.add(new Linear(path, w, b));
        }
        Weight table = weight(run, "model.embed_tokens.weight", Shape.of(VOCAB, WIDTH));
        weights.add(table);
        return new Places(linears, List.of(new Embedding("model.embed_tokens", table)), weights);
    }

    private static Weight weight(Kernels run, String name, Shape shape) {
        return new Weight(name, Param.frozen(name, run.of(shape, Cases.plain(name.hashCode(), shape.size(), 1))));
    }

    List<float[]> values(Kernels run) {
        return weights.stream().map(w -> run.download(w.param().value())).toList();
    }

    /// What every place gives.
    private List<Var> outputs(Tape tape, Adapters adapters) {
        Pass pass = Pass.of(tape, TokenBatch.of(TOKENS)).with(adapters);
        List<Var> all = new ArrayList<>();
        for (Linear l : linears) {
            Var x = tape.constant(tape.kernels().of(Shape.of(ROWS, IN), Cases.plain(3, ROWS * IN, 1)));
            all.add(l.forward(x, pass));
        }
        for (Embedding e : embeddings) all.add(e.forward(tape, pass));
        return all;
    }

    float[] output(Adapters adapters, Kernels run) {
        try (Kernels k = run.openStep()) {
            float[] all = new float[0];
            for (Var y : outputs(Tape.noGrad(k), adapters)) {
                float[] more = k.download(y.value());
                float[] longer = java.util.Arrays.copyOf(all, all.length + more.length);
                System.arraycopy(more, 0, longer, all.length, more.length);
                all = longer;
            }
            return all;
        }
    }

    private static float[] upstream(int place, int size) {
        return Cases.plain(50 + place, size, 1);
    }

    /// Gradients of Σ dy · y over all places, left on the parameters.
    void backward(Adapters adapters, Kernels run) {
        for (int place = 0; place < linears.size() + embeddings.size(); place++) {
            try (Kernels k = run.openStep()) {
                Var y = outputs(Tape.recording(k), adapters).get(place);
                if (y.requiresGrad())
                    y.tape()
                            .backward(
                                    y, k.of(y.shape(), upstream(place, y.value().size())));
            }
        }
    }

    private double loss(Adapters adapters, Kernels run) {
        double sum = 0;
        try (Kernels k = run.openStep()) {
            int place = 0;
            for (Var y : outputs(Tape.noGrad(k), adapters)) {
                float[] values = k.download(y.value());
                float[] dy = upstream(place++, values.length);
                for (int i = 0; i < values.length; i++) sum += (double) dy[i] * values[i];
            }
        }
        return sum;
    }

    /// Central differences of Σ dy · y by every value of `p`.
    double[] slope(Adapters adapters, Param p, Kernels run) {
        float[] at = run.download(p.value());
        double[] slope = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            float[] moved = at.clone();
            moved[i] = at[i] + STEP;
            double h = moved[i];
            run.upload(moved, p.value());
            slope[i] = loss(adapters, run);
            moved[i] = at[i] - STEP;
            run.upload(moved, p.value());
            slope[i] = (slope[i] - loss(adapters, run)) / (h - moved[i]);
        }
        run.upload(at, p.value());
        return slope;
    }

    /// The differences err by h² of the third derivative, taken as the largest slope, and by the rounding of each
    /// output
    /// over 2h.
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
