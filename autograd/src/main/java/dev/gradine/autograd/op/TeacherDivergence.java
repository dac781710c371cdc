package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;
import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;

/// How far the distribution of each row of logits is from that of a teacher.
///
/// ```
/// s = log softmax(z)      t = log softmax(z_teacher)      m = log((1 − β) e^s + β e^t)
/// y = β KL(t ‖ m) + (1 − β) KL(s ‖ m)        β = 0: KL(t ‖ s)        β = 1: KL(s ‖ t)
///
/// dz = dy · (1 − β) e^s (s − m − Σ e^s (s − m))
/// β = 0: dz = dy · (e^s − e^t)        β = 1: dz = dy · e^s (s − t − y)
/// ```
///
/// The generalised Jensen–Shannon divergence of Agarwal et al. 2024 (arXiv:2306.13649), section 2; its two ends are
/// limits of y / β and y / (1 − β). At s = t it is 0 for any β.
///
/// @param teacher its logits, `[N,V]`; they have no gradient
/// @param beta β in [0, 1]
public record TeacherDivergence(Tensor teacher, float beta) implements Op1<TeacherDivergence.Saved> {

    /// `dz f32[N,V]` for dy = 1, which all of the logits would be needed for again.
    record Saved(Tensor dz, DType dtype) {}

    /// `[N,V] → f32[N]`, nats
    ///
    /// @throws dev.gradine.tensor.ShapeException if the teacher's logits have another shape
    public static Var teacherDivergence(Var logits, Tensor teacher, float beta) {
        return logits.tape().apply(new TeacherDivergence(teacher, beta), logits);
    }

    /// Logarithms of what softmax gives, and memory of their size.
    private record Rows(Kernels k, Tensor s, Tensor t, Tensor m) {

        /// Σ over a row of e^a · (a − b); `e^a` is left in `weights` and the products in `products`.
        Tensor sums(Tensor a, Tensor b, Tensor weights, Tensor products) {
            Tensor y = k.empty(Shape.of(a.shape().rows()));
            k.function().apply(Fn.EXP, 0, 0, a, weights);
            k.function().combine(Fn2.SUB, Per.VALUE, a, b, products);
            k.function().combine(Fn2.MUL, Per.VALUE, products, weights, products);
            k.reduce().rowSums(products, y);
            return y;
        }
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor logits) {
        requireRank("teacher_divergence", "logits", logits.shape(), 2);
        require("teacher_divergence", "teacher", teacher.shape(), logits.shape(), "shape of the logits");
        Tensor dz = k.empty(logits.shape());
        Tensor y = k.empty(logits.shape().dropLast());
        try (Kernels scratch = k.openStep()) {
            Tensor s = logSoftmax(scratch, logits);
            Tensor t = logSoftmax(scratch, teacher);
            Rows rows = new Rows(scratch, s, t, scratch.empty(logits.shape()));
            if (beta == 0) fromTeacher(rows, dz, y);
            else mixed(rows, dz, y);
        }
        return new Forward<>(y, new Saved(dz, logits.dtype()));
    }

    private static Tensor logSoftmax(Kernels k, Tensor z) {
        Tensor wide = k.empty(z.shape());
        k.copy(z, wide);
        int n = z.shape().rows();
        Tensor lse = k.empty(Shape.of(n));
        k.logProb().forward(wide, k.ofInts(new int[n]), k.empty(Shape.of(n)), lse, null);
        k.function().combine(Fn2.SUB, Per.ROW, wide, lse, wide);
        return wide;
    }

    /// KL(t ‖ s).
    private static void fromTeacher(Rows r, Tensor dz, Tensor y) {
        Kernels k = r.k;
        Tensor p = k.emptyLike(dz);
        k.copy(r.sums(r.t, r.s, p, r.m), y);
        k.function().apply(Fn.EXP, 0, 0, r.s, dz);
        k.elementwise().axpy(-1, p, dz);
    }

    private void mixed(Rows r, Tensor dz, Tensor y) {
        Kernels k = r.k;
        Tensor p = k.emptyLike(dz);
        mean(r);
        Tensor own = r.sums(r.s, r.m, p, dz); // e^s (s − m)
        float share = beta == 1 ? 1 : 1 - beta;
        k.elementwise().scaleRows(p, own, p);
        k.elementwise().axpy(-1, p, dz);
        k.elementwise().scale(dz, share, dz);
        k.elementwise().scale(own, share, y);
        if (beta < 1) k.elementwise().axpy(beta, r.sums(r.t, r.m, p, r.s), y);
    }

    /// m: of t alone where β is 1.
    private void mean(Rows r) {
        Kernels k = r.k;
        if (beta == 1) {
            k.copy(r.t, r.m);
            return;
        }
        Tensor a = k.emptyLike(r.s); // a + log(1 + e^(b − a)) of a = s + log(1 − β), b = t + log β
        k.function().combine(Fn2.SUB, Per.VALUE, r.t, r.s, a);
        k.function().apply(Fn.SHIFT, (float) (Math.log(beta) - Math.log1p(-beta)), 0, a, a);
        k.function().apply(Fn.SOFTPLUS, 0, 0, a, a);
        k.function().combine(Fn2.ADD, Per.VALUE, a, r.s, a);
        k.function().apply(Fn.SHIFT, (float) Math.log1p(-beta), 0, a, r.m);
    }

    @Override
    public Tensor backward(Kernels k, Saved saved, Tensor dy) {
        Tensor dx = k.empty(saved.dz().shape());
        k.elementwise().scaleRows(saved.dz(), dy, dx);
        if (saved.dtype() == DType.F32) return dx;
        Tensor narrow = k.empty(saved.dtype(), dx.shape());
        k.copy(dx, narrow);
        k.release(dx);
        return narrow;
    }
}
