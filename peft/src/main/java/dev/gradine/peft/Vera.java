package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;
import static dev.gradine.autograd.op.SliceRows.sliceRows;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.TorchRandom;

/// VeRA, vector-based random matrix adaptation: all layers share two random matrices that are never trained; a layer
/// trains two vectors that scale their rows.
///
/// ```
/// ΔW = diag(b) B diag(d) A       A: the first I columns of [R,max I], B: the first O rows of [max O,R]
/// ```
///
/// Kopiczko, Blankevoort & Asano 2024 (arXiv:2310.11454), eq. 2; lengths max I and max O are those of the largest
/// adapted layer. A and B are drawn one after the other from the seed `projectionPrngKey` by `TorchRandom`, uniform
/// within ±√(6/n), n their columns. b starts zero and d as `dInitial`.
///
/// @param rank rows R of A
/// @param dropout probability of dropping a value of an adapter's input
/// @param dInitial value that d starts with
/// @param projectionPrngKey seed of A and B
/// @param saveProjection whether files have A and B; a reader draws them again otherwise
/// @param initWeights FALSE: b starts as ones and d normal, which changes what the model computes
@Usual(
        from = 0.0005,
        to = 0.02,
        why = "ten times LoRA's: only vectors are trained",
        source = "Kopiczko et al. 2023 (VeRA)")
public record Vera(
        @Option(says = "Inner width of the low-rank path.", label = "R", peft = "r", least = 1)
        @Usual(
                from = 64,
                to = 4096,
                why = "only vectors are trained, so the rank is nearly free",
                source = "Kopiczko et al. 2023 (VeRA); PEFT: 256")
        int rank,

        @Option(
                says = "Probability of dropping a value of an adapter's input.",
                label = "P",
                peft = "vera_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.2, why = "none, as for LoRA", source = "PEFT: 0")
        float dropout,

        @Option(says = "Value that the inner vector starts with.", label = "X", peft = "d_initial")
        @Usual(
                from = 1e-7,
                to = 1,
                why = "0.1 was best of those tried",
                source = "Kopiczko et al. 2023 (VeRA); PEFT: 0.1")
        float dInitial,

        @Option(says = "Seed of the matrices that layers share.", label = "N", peft = "projection_prng_key")
        int projectionPrngKey,

        @Option(says = "Write the shared matrices, not their seed alone.", peft = "save_projection")
        boolean saveProjection,

        @Option(says = "Begin as the base; else with random values.", label = "true|false", peft = "init_weights")
        InitWeights initWeights)
        implements Method {

    private static final PeftFields FIELDS = PeftFields.with(PeftFields.UNEXCLUDED)
            .selecting("bias")
            .about("fan_in_fan_out", false); // PEFT itself takes it from the layer, whatever the file says

    /// Rank 256, seed 0.
    public static Vera defaults() {
        return new Vera(256, 0, 0.1f, 0, true, InitWeights.TRUE);
    }

    @Override
    public String peftType() {
        return "VERA";
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
        return ((Linear) site).out() + (long) rank;
    }

    @Override
    public Beginning begins() {
        return isUsual() ? Beginning.SAME : Beginning.OTHER;
    }

    @Override
    public String stored(Site site, String param) {
        return isShared(param) ? AdapterFolder.TOP + param : Method.super.stored(site, param);
    }

    @Override
    public boolean writes(String name) {
        return saveProjection || !isShared(name.substring(AdapterFolder.TOP.length()));
    }

    private static boolean isShared(String param) {
        return param.equals("vera_A") || param.equals("vera_B");
    }

    @Override
    public void requireBeside(Method other) {
        if (!(other instanceof Vera v)) return;
        if (v.projectionPrngKey != projectionPrngKey) {
            throw new AdapterException(
                    "vera: projection_prng_key is %d, expected %d, that of the model's other adapter of vera"
                            .formatted(v.projectionPrngKey, projectionPrngKey));
        }
    }

    private boolean isUsual() {
        return initWeights == InitWeights.TRUE;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = (Linear) site;
        NamedParams.Builder params = start.params(l).filled("vera_lambda_b", isUsual() ? 0 : 1, l.out());
        if (isUsual()) params.filled("vera_lambda_d", dInitial, rank);
        else params.normal("vera_lambda_d", 1, rank);
        Siblings all = start.siblings();
        params.fixed("vera_A", all.shared("vera_A", () -> projections(all, start.run(), false)));
        params.fixed("vera_B", all.shared("vera_B", () -> projections(all, start.run(), true)));
        return new AddedOutput(params.build(), Vera::update, new Drop(dropout, 0), start.number());
    }

    /// A, or B, which is drawn behind it.
    private Param projections(Siblings all, Kernels run, boolean second) {
        TorchRandom random = new TorchRandom(projectionPrngKey);
        Param a = uniform("vera_A", random, rank, all.largest(Linear::in), run);
        return second ? uniform("vera_B", random, all.largest(Linear::out), rank, run) : a;
    }

    private static Param uniform(String name, TorchRandom random, int rows, int columns, Kernels run) {
        float bound = (float) (Math.sqrt(3) * (Math.sqrt(2) / Math.sqrt(columns))); // rounded as torch rounds it
        Shape shape = Shape.of(rows, columns);
        return Param.frozen(name, run.of(shape, random.uniform(shape.size(), -bound, bound)));
    }

    private static Var update(Var x, Here h) {
        Var low = mul(matMul(x, sliceColumns(h.get("vera_A"), 0, h.in())), h.get("vera_lambda_d"));
        return mul(matMul(low, sliceRows(h.get("vera_B"), 0, h.out())), h.get("vera_lambda_b"));
    }
}
