package dev.gradine.peft;

import static dev.gradine.autograd.op.Concat.concatRows;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.rsqrt;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.square;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.Inverse.inverse;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.transpose;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceRows.sliceRows;
import static dev.gradine.autograd.op.SumLast.sumLast;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/// HRA, Householder reflection adaptation: the input is reflected at R trained planes, one after the other.
///
/// ```
/// W′ = W H      H = Π_j (1 − 2 v_j v_jᵀ) = 1 − V T Vᵀ      v_j = u_j / ‖u_j‖, the columns of V
///               T⁻¹ = ½ on the diagonal, VᵀV above it, 0 below
/// y  = (x − (x V) Tᵀ Vᵀ) Wᵀ + b
/// ```
///
/// Yuan, Liu & Xu 2024 (arXiv:2405.17484), eq. 4. The product of reflections as one low-rank matrix is that
/// of Schreiber & Van Loan 1989, T as in Joffrain et al. 2006. The columns of u start as equal pairs, whose
/// reflections undo each other; an odd number of them cannot. With `applyGs` the v_j are made orthogonal by
/// Gram and Schmidt's way, and T = 2. Equal columns have no second direction then, so all start at random;
/// PEFT starts pairs and divides what rounding leaves of their difference by its length.
///
/// @param rank number R of reflections
/// @param applyGs whether the planes are made orthogonal
/// @param initWeights whether columns start as equal pairs
public record Hra(
        @Option(says = "Number of reflections.", label = "R", peft = "r", least = 1)
        @Usual(
                from = 2,
                to = 64,
                why = "an even number of reflections begins as none at all",
                source = "Yuan et al. 2024 (HRA); PEFT: 8")
        int rank,

        @Option(says = "Make the planes of the reflections orthogonal.", peft = "apply_GS")
        boolean applyGs,

        @Option(
                says = "Begin with pairs of equal reflections, which change nothing.",
                label = "true|false",
                peft = "init_weights")
        InitWeights initWeights)
        implements Method {

    private static final PeftFields FIELDS =
            PeftFields.with(PeftFields.SELECTION).selecting("bias");

    /// Eight reflections.
    public static Hra defaults() {
        return new Hra(8, false, InitWeights.TRUE);
    }

    @Override
    public String peftType() {
        return "HRA";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public boolean takes(Site site) {
        return OverPatches.takes(site);
    }

    @Override
    public long parameters(Site site) {
        return (long) rank * OverPatches.linear(site).in();
    }

    private boolean pairs() {
        return initWeights == InitWeights.TRUE && rank % 2 == 0 && !applyGs;
    }

    @Override
    public Beginning begins() {
        return pairs() ? Beginning.ROUNDED : Beginning.OTHER;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = OverPatches.linear(site);
        if (applyGs && rank > l.in()) {
            throw new AdapterException("hra: rank is %d at %s, expected at most its %d inputs (apply-gs)"
                    .formatted(rank, l.path(), l.in()));
        }
        NamedParams.Builder params = start.params(l);
        if (pairs()) params.trained("hra_u", start.run().of(Shape.of(l.in(), rank), paired(l.in(), start)));
        else params.kaiming("hra_u", l.in(), rank);
        return OverPatches.over(site, new TurnedInput(params.build(), this::reflected, "", start.number()));
    }

    private float[] paired(int in, Start start) {
        int pairs = rank / 2;
        double bound = 1 / Math.sqrt(pairs); // of half the columns
        float[] u = new float[in * rank];
        for (int i = 0; i < u.length; i += 2)
            u[i] = u[i + 1] = (float) start.rng().nextDouble(-bound, bound);
        return u;
    }

    private Var reflected(Var x, Here h) {
        Var u = transpose(h.get("hra_u"));
        Var v = applyGs ? orthogonal(u) : unit(u);
        Var seen = matMul(x, v);
        Var turned = applyGs ? scale(seen, 2) : matMul(seen, joint(v, h));
        return sub(x, matMul(turned, transpose(v)));
    }

    /// Rows of length one, `f32[R,I]`.
    private static Var unit(Var u) {
        Var shorter = rsqrt(sumLast(square(u)));
        return mul(u, reshape(shorter, u.shape().dim(0), 1));
    }

    /// T, `f32[R,R]`.
    private Var joint(Var v, Here h) {
        float[] above = new float[rank * rank];
        for (int i = 0; i < rank; i++) for (int j = i + 1; j < rank; j++) above[i * rank + j] = 1;
        Var mask = h.tape().constant(h.tape().kernels().of(Shape.of(rank, rank), above));
        Var t = add(mul(matMul(v, v), mask), scale(h.unit(rank), 0.5f));
        return reshape(inverse(reshape(t, 1, rank, rank)), rank, rank);
    }

    /// Gram and Schmidt's way: what is left of a row, made one long, is taken out of all rows behind it.
    private Var orthogonal(Var u) {
        List<Var> done = new ArrayList<>();
        Var rest = u;
        for (int left = rank; left > 0; left--) {
            Var first = unit(sliceRows(rest, 0, 1));
            done.add(first);
            if (left == 1) break;
            Var others = sliceRows(rest, 1, left);
            rest = sub(others, matMul(matMul(others, first), transpose(first)));
        }
        return concatRows(done.getFirst(), done.subList(1, rank).toArray(Var[]::new));
    }
}
