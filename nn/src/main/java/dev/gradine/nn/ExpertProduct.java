package dev.gradine.nn;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A linear layer of which every expert has its own weight, over rows that are sorted by expert.
///
/// ```
/// y[r] = x[r] W_eᵀ      dx[r] = dy[r] W_e      dW_e = dy[r]ᵀ x[r]      for each expert e and its rows r
/// ```
///
/// @param rows which expert has which
/// @param wanted whether a gradient is wanted of x, and of each weight behind it
public record ExpertProduct(ExpertRows rows, List<Boolean> wanted) implements CustomOp<ExpertProduct.Saved> {

    private static final int MANY = MatMulKernel.MANY_ROWS;

    /// x is read again only where a weight is trained.
    record Saved(@Nullable Tensor x, List<Tensor> weights) {}

    /// `f32[M,I], [O,I] … → f32[M,O]`, with one weight for each expert, of any real type where it is frozen.
    ///
    /// @throws ShapeException if there are other rows than experts compute
    public static Var expertProduct(Var x, List<Var> weights, ExpertRows rows) {
        List<Var> all = new ArrayList<>(weights);
        all.addFirst(x);
        var op = new ExpertProduct(rows, all.stream().map(Var::requiresGrad).toList());
        return x.tape().apply(op, all.toArray(Var[]::new));
    }

    /// The same with the weights of all experts in one, `f32[E,O,I]`.
    public static Var expertProduct(Var x, Var weights, ExpertRows rows) {
        return expertProduct(x, List.of(weights), rows);
    }

    @Override
    public Forward<Saved> forward(Kernels k, List<Tensor> inputs) {
        Tensor x = inputs.getFirst();
        List<Tensor> weights = inputs.subList(1, inputs.size());
        if (x.shape().dim(0) != rows.count()) {
            throw new ShapeException("expert_product: x is %s, expected %d rows".formatted(x.shape(), rows.count()));
        }
        Tensor first = weight(weights, 0);
        Tensor y = k.empty(x.dtype(), Shape.of(rows.count(), first.shape().dim(0)));
        for (int e = 0; e < rows.experts(); e++) {
            if (!rows.isIdle(e)) product(k, part(x, e), weight(weights, e), part(y, e));
        }
        boolean anyTrained = wanted.subList(1, wanted.size()).contains(true);
        return new Forward<>(y, new Saved(anyTrained ? x : null, List.copyOf(weights)));
    }

    /// Products of very few rows sum in another order than others do, unless all sum by row. In a pass of more
    /// tokens an expert of few rows has rows of zeros beside them, so that what a token gets does not depend on
    /// which experts its neighbours have.
    private void product(Kernels k, Tensor x, Tensor w, Tensor y) {
        int n = x.shape().dim(0);
        if (n >= MANY || rows.tokens() < MANY || k.isByRow()) {
            k.matMul().nt(x, w, 1, false, y);
            return;
        }
        Tensor wide = k.zeros(x.dtype(), Shape.of(MANY, x.shape().last()));
        k.copy(x, wide.rows(0, n));
        Tensor result = k.empty(y.dtype(), Shape.of(MANY, y.shape().last()));
        k.matMul().nt(wide, w, 1, false, result);
        k.copy(result.rows(0, n), y);
        k.release(result);
        k.release(wide);
    }

    @Override
    public List<@Nullable Tensor> backward(Kernels k, Saved s, Tensor dy) {
        @Nullable Tensor[] grads = new @Nullable Tensor[wanted.size()];
        if (wanted.getFirst()) grads[0] = inputGrad(k, s, dy);
        for (int i = 1; i < grads.length; i++) {
            if (wanted.get(i) && s.x != null) grads[i] = weightGrad(k, s.x, s.weights, i - 1, dy);
        }
        return Arrays.asList(grads);
    }

    private Tensor inputGrad(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(
                dy.dtype(), Shape.of(rows.count(), s.weights.getFirst().shape().last()));
        for (int e = 0; e < rows.experts(); e++) {
            if (!rows.isIdle(e)) k.matMul().nn(part(dy, e), weight(s.weights, e), 1, false, part(dx, e));
        }
        return dx;
    }

    private Tensor weightGrad(Kernels k, Tensor x, List<Tensor> weights, int number, Tensor dy) {
        Tensor dw = k.zeros(weights.get(number).shape()); // an idle expert's stays so
        for (int e = 0; e < rows.experts(); e++) {
            boolean own = weights.size() == 1 || e == number;
            if (!own || rows.isIdle(e)) continue;
            Tensor slice = weights.size() == 1 ? slice(dw, e) : dw;
            k.matMul().tn(part(dy, e), part(x, e), 1, false, slice);
        }
        return dw;
    }

    private Tensor part(Tensor t, int e) {
        return t.rows(rows.from(e), rows.to(e));
    }

    private static Tensor weight(List<Tensor> weights, int e) {
        boolean stacked = weights.size() == 1 && weights.getFirst().shape().rank() == 3;
        return stacked ? slice(weights.getFirst(), e) : weights.get(e);
    }

    private static Tensor slice(Tensor stacked, int e) {
        if (stacked.shape().rank() == 2) return stacked; // of a single expert
        Shape one = Shape.of(stacked.shape().dim(1), stacked.shape().dim(2));
        return stacked.rows(e, e + 1).reshape(one);
    }
}
