package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.linalg.Svd;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// LoRA-GA: a LoRA begins along the gradient of the whole weight, so that its first steps go where those of full
/// fine-tuning would, and is taken out of the base.
///
/// ```
/// G = mean over batches of dL/dW = U diag(S) Vᵀ
/// A = V_aᵀ      B = U_b diag(S_b) · c      W_res = W − s B A      a, b: R of the 2R largest each
/// ```
///
/// Wang, Yu & Li 2024 (arXiv:2407.05000), theorem 3.1 and algorithm 1, as PEFT has it: B carries the singular values.
/// The constant c is O^¼ / √γ for `stable`, σ₁(W) / S_b,1 for `weight_svd`, 1 for `unit`; `gd_scale` divides both
/// factors by s.
///
/// @param direction which values each factor has
/// @param scale how long the factors are
/// @param stableGamma γ of the scale `stable`
/// @param batches whose gradients are averaged
public record LoraGa(
        @Option(says = "Which of the 2R values each factor has.")
        Direction direction,

        @Option(says = "How long the factors are.") Length scale,

        @Option(name = "stable_gamma", says = "Divisor γ of the length stable.", least = 1)
        int stableGamma,

        @Option(says = "Batches whose gradients are averaged.", least = 1)
        int batches)
        implements FromData {

    /// Which values of the 2R largest each factor has, counted from 0.
    public enum Direction {
        /// A the odd ones, B the even ones.
        AR_BR("ArBr"),
        /// A the second half, B the first.
        A2R_BR("A2rBr"),
        /// A the first half, B the second.
        AR_B2R("ArB2r"),
        /// Both the same R of them, drawn.
        RANDOM("random");

        private final String peft;

        Direction(String peft) {
            this.peft = peft;
        }

        @Override
        public String toString() {
            return peft;
        }

        int[][] chosen(int r, RandomGenerator rng) {
            int[] all = IntStream.range(0, 2 * r).toArray();
            int[] low = IntStream.range(0, r).toArray();
            int[] high = IntStream.range(r, 2 * r).toArray();
            return switch (this) {
                case AR_BR ->
                    new int[][] {
                        IntStream.of(low).map(i -> 2 * i + 1).toArray(),
                        IntStream.of(low).map(i -> 2 * i).toArray()
                    };
                case A2R_BR -> new int[][] {high, low};
                case AR_B2R -> new int[][] {low, high};
                case RANDOM -> {
                    for (int i = 0; i < r; i++) {
                        int j = rng.nextInt(i, 2 * r);
                        int t = all[i];
                        all[i] = all[j];
                        all[j] = t;
                    }
                    int[] drawn = java.util.Arrays.copyOf(all, r);
                    yield new int[][] {drawn, drawn};
                }
            };
        }
    }

    /// How long the factors are.
    public enum Length {
        /// By the number of outputs.
        STABLE,
        /// By the largest singular value of the weight.
        WEIGHT_SVD,
        /// By the scale of the LoRA.
        GD_SCALE,
        /// As the gradient.
        UNIT
    }

    /// PEFT's, of 8 batches.
    public static LoraGa defaults() {
        return new LoraGa(Direction.AR_B2R, Length.STABLE, 16, 8);
    }

    @Override
    public boolean changesBase() {
        return true;
    }

    @Override
    public Outcome learn(Lesson lesson) {
        for (Linear l : lesson.layers()) requireHalf(l, lesson.lora().rank(l.path()));
        SequencedMap<Weight, Param> trained = new LinkedHashMap<>();
        for (Linear l : lesson.layers()) {
            Weight w = l.weight();
            trained.put(w, Param.trained(w.path(), w.param().value(), lesson.k()));
        }
        long tokens = 0;
        for (int i = 0; i < batches; i++) {
            tokens += lesson.data().differentiate(i, lesson.k(), new MergedAdapters(trained));
        }
        Map<Linear, Tensor> values = new LinkedHashMap<>();
        for (Linear l : lesson.layers()) {
            Param p = java.util.Objects.requireNonNull(trained.get(l.weight()));
            lesson.k().elementwise().scale(p.grad(), 1f / batches, p.grad());
            values.put(l, lesson.kept(p.grad()));
        }
        return new Outcome(values, lesson.lora(), "lora_ga read " + FromData.read(tokens, batches));
    }

    private static void requireHalf(Linear layer, int rank) {
        int half = Math.min(layer.in(), layer.out()) / 2;
        if (rank <= half) return;
        throw new AdapterException("lora: rank is %d, expected at most %d to begin as lora_ga, half of what %s has"
                .formatted(rank, half, layer.path()));
    }

    @Override
    public Factors factors(Place p, Tensor gradient) {
        RandomGenerator rng = p.start().rng();
        return Factors.taken(p, (w, a, b, k) -> {
            Parts parts = new Parts(w, k.fromHost(gradient), p.scale());
            factors(parts, direction.chosen(p.rank(), rng), a, b, k);
        });
    }

    /// What the factors are made from.
    ///
    /// @param w weight, `[O,I]`
    /// @param gradient of the weight, `f32[O,I]`
    /// @param s scale of the LoRA
    record Parts(Tensor w, Tensor gradient, float s) {}

    /// Writes both factors.
    ///
    /// @param chosen values that A and B have
    void factors(Parts parts, int[][] chosen, Tensor a, Tensor b, Kernels k) {
        int r = a.shape().dim(0);
        Svd svd = Svd.leading(parts.gradient(), 2 * r, k);
        float[] s = k.download(svd.s());
        float c = length(parts, s[chosen[1][0]], k);
        float onA = scale == Length.GD_SCALE ? c : 1;
        float[] vt = k.download(svd.vt());
        float[] rows = new float[a.size()];
        int in = a.shape().dim(1);
        for (int i = 0; i < rows.length; i++) rows[i] = onA * vt[chosen[0][i / in] * in + i % in];
        float[] u = k.download(svd.u());
        float[] columns = new float[b.size()];
        for (int i = 0; i < columns.length; i++) {
            int at = chosen[1][i % r];
            columns[i] = c * u[i / r * s.length + at] * s[at];
        }
        k.copy(k.of(Shape.of(r, in), rows), a);
        k.copy(k.of(b.shape(), columns), b);
    }

    /// c
    private float length(Parts parts, float firstOfB, Kernels k) {
        return switch (scale) {
            case STABLE -> (float) (Math.pow(parts.w().shape().dim(0), 0.25) / Math.sqrt(stableGamma));
            case WEIGHT_SVD ->
                firstOfB > 0 ? k.download(Svd.leading(parts.w(), 1, k).s())[0] / firstOfB : 1;
            case GD_SCALE -> 1 / parts.s();
            case UNIT -> 1;
        };
    }

    @Override
    public String peft() {
        return "lora_ga";
    }

    @Override
    public String toString() {
        return FromData.text(this, defaults());
    }
}
