package dev.gradine.peft;

import static dev.gradine.autograd.op.BatchMatMul.batchMatMul;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.permute;
import static dev.gradine.autograd.op.Permute.transpose;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Shape;
import java.util.Locale;
import java.util.function.BiFunction;

/// MiSS, matrix shard sharing (called Bone before): inputs that lie R apart share one row of a trained matrix D, so
/// that they can be summed before they are multiplied.
///
/// ```
/// y = x Wᵀ + b + (drop(x) Sᵀ) D       S[j,i] = 1 where i mod R = j, else 0       ΔW = (S ᵀ D)ᵀ
/// mini:  D = [D₀, D₀, …]               D₀ has M columns
/// bat:   ΔW_pq = (W_pq + 1) D_p        W_pq: blocks of W, R × R; D_p: one block for each row p of them
/// ```
///
/// Kang & Yin 2024 (arXiv:2409.15371), sections 3.1 and 3.2. D starts as zeros. `bat` drops nothing, as in PEFT.
///
/// @param rank number R of rows of D, and distance of the inputs that share one
/// @param miniRank number M of columns of D₀, with `MINI`
/// @param initWeights how D is made and begins
/// @param dropout probability of dropping a value of an adapter's input
public record Miss(
        @Option(says = "Distance of the inputs that share trained values.", label = "R", peft = "r", least = 1)
        @Usual(from = 1, to = 512, why = "one value for 64 inputs", source = "PEFT: r 64")
        int rank,

        @Option(
                says = "Trained columns, which are repeated, with --init-weights mini.",
                label = "M",
                peft = "mini_r",
                least = 1)
        @Usual(from = 1, to = 64, why = "acts with --init-weights mini alone", source = "PEFT: 1")
        int miniRank,

        @Option(
                says = "What is trained: one matrix that begins as zeros or at random, repeated columns, or blocks"
                        + " that are multiplied with those of the weight.",
                label = "true|false|mini|bat",
                peft = "init_weights")
        Variant initWeights,

        @Option(
                says = "Probability of dropping a value of an adapter's input.",
                label = "P",
                peft = "miss_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.2, why = "none, as for LoRA", source = "PEFT: 0")
        float dropout)
        implements Method {

    /// How D is made and begins: `init_weights` of PEFT.
    public enum Variant implements PeftValue {
        /// `[R,O]`, of zeros.
        TRUE,
        /// `[R,O]`, uniform within ±1/√O.
        FALSE,
        /// `[R,M]`, of zeros, repeated along the outputs.
        MINI,
        /// `[O/R,R,R]`, of zeros.
        BAT;

        @Override
        public Object peft() {
            return switch (this) {
                case TRUE -> true;
                case FALSE -> false;
                case MINI, BAT -> name().toLowerCase(Locale.ROOT);
            };
        }
    }

    private static final PeftFields FIELDS =
            PeftFields.with(PeftFields.SELECTION).selecting("bias");

    /// Rank 64, one matrix of zeros.
    public static Miss defaults() {
        return new Miss(64, 1, Variant.TRUE, 0);
    }

    @Override
    public String peftType() {
        return "MISS";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public boolean takes(Site site) {
        return site instanceof Linear;
    }

    @Override
    public long parameters(Site site) {
        return shape((Linear) site).size();
    }

    @Override
    public Beginning begins() {
        return initWeights == Variant.FALSE ? Beginning.OTHER : Beginning.SAME;
    }

    private Shape shape(Linear l) {
        return switch (initWeights) {
            case TRUE, FALSE -> Shape.of(rank, l.out());
            case MINI -> Shape.of(rank, miniRank);
            case BAT -> Shape.of(l.out() / rank, rank, rank);
        };
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = (Linear) site;
        requireFits(l);
        int[] shape = shape(l).toArray();
        NamedParams.Builder params = start.params(l);
        if (initWeights == Variant.FALSE) params.kaiming("miss_block", shape);
        else params.zeros("miss_block", shape);
        Param sums = start.siblings().shared("miss.sums." + l.in(), () -> sums(l.in(), start));
        Drop drop = new Drop(initWeights == Variant.BAT ? 0 : dropout, 0);
        return new AddedOutput(params.build(), update(sums), drop, start.number());
    }

    private void requireFits(Linear l) {
        String where = "%s, [%d, %d]".formatted(l.path(), l.out(), l.in());
        if (rank > l.in()) throw wrong("rank", rank, where, "at most its inputs");
        if (initWeights == Variant.MINI && l.out() % miniRank != 0) {
            throw wrong("mini-rank", miniRank, where, "a divisor of its outputs");
        }
        if (initWeights == Variant.BAT && (l.out() % rank != 0 || l.in() % rank != 0)) {
            throw wrong("rank", rank, where, "a divisor of both (init-weights is bat)");
        }
    }

    private static AdapterException wrong(String option, int value, String where, String expected) {
        return new AdapterException("miss: %s is %d at %s, expected %s".formatted(option, value, where, expected));
    }

    /// S, `f32[R,I]`.
    private Param sums(int in, Start start) {
        float[] ones = new float[rank * in];
        for (int i = 0; i < in; i++) ones[i % rank * in + i] = 1;
        return Param.frozen("miss.sums", start.run().of(Shape.of(rank, in), ones));
    }

    private BiFunction<Var, Here, Var> update(Param sums) {
        return (x, h) -> {
            Var shared = matMul(matMul(x, h.tape().param(sums)), byOutput(h));
            return initWeights == Variant.BAT ? add(shared, matMul(x, turnedWeight(h))) : shared;
        };
    }

    /// Dᵀ, `f32[O,R]`.
    private Var byOutput(Here h) {
        Var d = h.get("miss_block");
        return switch (initWeights) {
            case TRUE, FALSE -> transpose(d);
            case BAT -> reshape(d, h.out(), rank);
            case MINI -> indexSelect(transpose(d), h.tape().kernels().ofInts(repeated(h.out())));
        };
    }

    private int[] repeated(int out) {
        int[] columns = new int[out];
        for (int o = 0; o < out; o++) columns[o] = o % miniRank;
        return columns;
    }

    /// The blocks W_pq D_p, `f32[O,I]`.
    private Var turnedWeight(Here h) {
        Var blocks = reshape(h.base(), h.out() / rank, h.in(), rank);
        Var d = permute(h.get("miss_block"), 0, 2, 1);
        return reshape(batchMatMul(blocks, d), h.out(), h.in());
    }
}
