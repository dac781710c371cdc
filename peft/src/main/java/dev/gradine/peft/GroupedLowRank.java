package dev.gradine.peft;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel.Nt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A frozen linear layer whose rows have low-rank updates of their own: one product with W for all rows, then two thin
/// ones for each range of rows, straight into its part of y.
///
/// ```
/// y  = x Wᵀ,  y[r] += s · u Bᵀ        u = x[r] Aᵀ        for each range r with its A, B and s
/// dx = dy W,  dx[r] += du A           du = s · dy[r] B
/// dA += duᵀ x[r]                      dB += s · dy[r]ᵀ u
/// ```
///
/// A range is one sequence, also where its neighbour has the same adapter: few rows are multiplied in another order
/// than many, and so the bits of a sequence never depend on what lies beside it.
///
/// @param w `[O,I]`, of any real type
/// @param low the adapters, each once; their values are the inputs behind x: A, B, A, B, …
/// @param ranges rows and the adapter they have, by its number in `low`; no row is in two of them
/// @param needsInput whether anything wants dx
record GroupedLowRank(Tensor w, List<LoraLinear> low, List<Range> ranges, boolean needsInput)
        implements CustomOp<GroupedLowRank.Saved> {

    /// Rows `from` to `to` (exclusive) with the adapter number `adapter`.
    record Range(int from, int to, int adapter) {}

    /// `u f32[r,R]` of each range is kept because recomputing it reads all of x again.
    record Saved(Tensor x, List<Tensor> values, List<Tensor> u) {}

    /// `x f32[N,I] → f32[N,O]`, without the layer's bias.
    static Var groupedLowRank(Var x, Tensor w, List<LoraLinear> low, List<Range> ranges) {
        Tape t = x.tape();
        List<Var> inputs = new ArrayList<>(List.of(x));
        for (LoraLinear l : low) {
            inputs.add(t.param(l.a()));
            inputs.add(t.param(l.b()));
        }
        return t.apply(new GroupedLowRank(w, low, ranges, x.requiresGrad()), inputs.toArray(Var[]::new));
    }

    @Override
    public Forward<Saved> forward(Kernels k, List<Tensor> inputs) {
        Tensor x = inputs.getFirst();
        Tensor y = k.empty(x.dtype(), Shape.of(x.shape().dim(0), w.shape().dim(0)));
        k.matMul().nt(x, w, 1, false, y);
        List<Nt> down = new ArrayList<>();
        List<Nt> up = new ArrayList<>();
        for (Range r : ranges) {
            Tensor a = inputs.get(1 + 2 * r.adapter);
            Tensor u = k.empty(x.dtype(), Shape.of(r.to - r.from, a.shape().dim(0)));
            down.add(new Nt(x.rows(r.from, r.to), a, 1, false, u));
            Tensor b = inputs.get(2 + 2 * r.adapter);
            up.add(new Nt(u, b, low.get(r.adapter).s(), true, y.rows(r.from, r.to)));
        }
        k.matMul().ntEach(down);
        k.matMul().ntEach(up);
        List<Tensor> kept = down.stream().map(Nt::c).toList();
        return new Forward<>(y, new Saved(x, inputs.subList(1, inputs.size()), kept));
    }

    @Override
    public List<@Nullable Tensor> backward(Kernels k, Saved f, Tensor dy) {
        @Nullable Tensor[] grads = new @Nullable Tensor[1 + f.values.size()];
        @Nullable Tensor dx = needsInput ? k.emptyLike(f.x) : null;
        if (dx != null) k.matMul().nn(dy, w, 1, false, dx);
        for (int i = 0; i < ranges.size(); i++) {
            Range r = ranges.get(i);
            int a = 2 * r.adapter;
            float s = low.get(r.adapter).s();
            Tensor part = dy.rows(r.from, r.to);
            Tensor du = k.emptyLike(f.u.get(i));
            k.matMul().nn(part, f.values.get(a + 1), 1, false, du);
            k.elementwise().scale(du, s, du);
            if (dx != null) k.matMul().nn(du, f.values.get(a), 1, true, dx.rows(r.from, r.to));
            grads[1 + a] = sum(k, du, f.x.rows(r.from, r.to), 1, grads[1 + a]);
            grads[2 + a] = sum(k, part, f.u.get(i), s, grads[2 + a]);
            k.release(du);
        }
        grads[0] = dx;
        return Arrays.asList(grads);
    }

    /// `so far + s · pᵀ q`, where nothing so far is 0.
    private static Tensor sum(Kernels k, Tensor p, Tensor q, float s, @Nullable Tensor soFar) {
        Tensor c = soFar == null ? k.empty(Shape.of(p.shape().dim(1), q.shape().dim(1))) : soFar;
        k.matMul().tn(p, q, s, soFar != null, c);
        return c;
    }
}
