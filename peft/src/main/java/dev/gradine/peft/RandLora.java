package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.transpose;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;
import static dev.gradine.autograd.op.SliceRows.sliceRows;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Tensor;
import java.util.stream.IntStream;

/// RandLoRA: an update of full rank, a sum of low-rank products of random matrices that are never trained; two small
/// trained matrices scale them.
///
/// ```
/// U = Σ over n of  V diag(λ_n) A diag(γ_n)       A: [R,m], V: [M,R]; n = 1 … ⌈m / R⌉
/// ΔW = alpha / R · U if I ≤ O, else of Uᵀ        m, M: the smaller and the larger of I and O
/// ```
///
/// Albert et al. 2025 (arXiv:2502.00987), eq. 4. All layers share A and one V for each n: `RandomBases`. PEFT, and so
/// this, pairs them in another order than the paper: column j = n R + r of the V side by side meets row j of
/// the scaled A in the order (r, n), not (n, r). λ starts zero and γ as one over the longer of its sides.
///
/// @param rank rows R of A; the fewer, the more is trained
/// @param alpha numerator of the scale
/// @param dropout probability of dropping a value of an adapter's input
/// @param bases the random matrices
/// @param initWeights FALSE: λ starts normal and γ as 1 / M, which changes what the model computes
public record RandLora(
        @Option(says = "Inner width of the low-rank path.", label = "R", peft = "r", least = 1)
        @Usual(
                from = 1,
                to = 256,
                why = "a smaller rank means more bases, and more values",
                source = "Albert et al. 2025 (RandLoRA); PEFT: 32")
        int rank,

        @Option(says = "Numerator of the scale alpha / rank.", peft = "randlora_alpha")
        @Usual(from = 32, to = 2000, why = "twenty times the rank", source = "Albert et al. 2025 (RandLoRA); PEFT: 640")
        double alpha,

        @Option(
                says = "Probability of dropping a value of an adapter's input.",
                label = "P",
                peft = "randlora_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.2, why = "none, as for LoRA", source = "PEFT: 0")
        float dropout,

        @Part RandomBases bases,

        @Option(says = "Begin as the base; else with random values.", label = "true|false", peft = "init_weights")
        InitWeights initWeights)
        implements Method {

    private static final PeftFields FIELDS = PeftFields.with(PeftFields.UNEXCLUDED)
            .selecting("bias")
            .about("fan_in_fan_out", false); // PEFT itself takes it from the layer, whatever the file says

    /// Rank 32, alpha 640, seed 0.
    public static RandLora defaults() {
        return new RandLora(32, 640, 0, new RandomBases(0, false, false, true), InitWeights.TRUE);
    }

    @Override
    public String name() {
        return "randlora";
    }

    @Override
    public String peftType() {
        return "RANDLORA";
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
        Linear l = (Linear) site;
        int m = Math.min(l.in(), l.out());
        return (long) Math.ceilDiv(m, rank) * (rank + m);
    }

    @Override
    public Beginning begins() {
        return isUsual() ? Beginning.SAME : Beginning.OTHER;
    }

    /// PEFT writes the shared matrices once for all and once for each layer.
    @Override
    public String stored(Site site, String param) {
        return RandomBases.isOfAll(param) ? param : Method.super.stored(site, param);
    }

    @Override
    public boolean writes(String name) {
        return bases.saveProjection() || !RandomBases.isBasis(name);
    }

    @Override
    public boolean mustStore(String name) {
        return !RandomBases.isBasis(name);
    }

    @Override
    public void requireBeside(Method other) {
        if (other instanceof RandLora r && r.bases.projectionPrngKey() != bases.projectionPrngKey()) {
            throw new AdapterException(
                    "randlora: projection_prng_key is %d, expected %d, that of the model's other adapter of randlora"
                            .formatted(r.bases.projectionPrngKey(), bases.projectionPrngKey()));
        }
    }

    private boolean isUsual() {
        return initWeights == InitWeights.TRUE;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = (Linear) site;
        int m = Math.min(l.in(), l.out());
        int n = Math.ceilDiv(m, rank);
        NamedParams.Builder params = start.params(l);
        if (isUsual()) params.zeros("randlora_lambda", rank, n);
        else params.normal("randlora_lambda", 1, rank, n);
        int over = isUsual() ? Math.max(n, m) : Math.max(l.in(), l.out());
        params.filled("randlora_gamma", 1f / over, n, m);
        bases.addTo(params, rank, start);
        return new AddedOutput(params.build(), this::update, new Drop(dropout, 0), start.number());
    }

    private Var update(Var x, Here h) {
        int m = Math.min(h.in(), h.out());
        int n = Math.ceilDiv(m, rank);
        Var a = reshape(repeated(h, m, n), rank, n, m);
        Var scaled = mul(mul(a, h.get("randlora_gamma")), reshape(h.get("randlora_lambda"), rank, n, 1));
        Var low = reshape(scaled, rank * n, m);
        Var stored = h.get(RandomBases.B);
        Var rows = sliceRows(stored, 0, Math.max(h.in(), h.out()));
        Var wide = reshape(rows, rows.shape().dim(0), stored.shape().dim(1) * rank);
        Var v = sliceColumns(wide, 0, n * rank);
        Var y = h.in() <= h.out() ? matMul(matMul(x, low), v) : matMul(matMul(x, transpose(v)), transpose(low));
        return scale(y, (float) (alpha / rank));
    }

    /// The first m columns of A, each row n times, `f32[R·n,m]`.
    private Var repeated(Here h, int m, int n) {
        Var stored = h.get(RandomBases.A);
        Var a = sliceColumns(reshape(stored, rank, stored.shape().last()), 0, m);
        int[] rows = IntStream.range(0, rank * n).map(i -> i / n).toArray();
        Tensor each = h.tape().kernels().ofInts(rows);
        return indexSelect(a, each);
    }
}
