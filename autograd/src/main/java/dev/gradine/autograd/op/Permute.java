package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// The same values with the axes in another order.
///
/// ```
/// y[i₀, i₁, …] = x[j₀, j₁, …]      j_{order[a]} = i_a for every axis a      dx: the same with the order inverted
/// ```
///
/// @param order axis a of the result is axis `order[a]` of the input
public record Permute(List<Integer> order) implements Op1<Permute.Saved> {

    /// Shape of the input, which the gradient has.
    record Saved(Shape shape) {}

    /// Keeps a copy of the order.
    public Permute {
        order = List.copyOf(order);
    }

    /// `f32[d₀, d₁, …] → f32[d_{order[0]}, d_{order[1]}, …]`; a copy, which a frozen tensor of F16 or BF16 may be too.
    ///
    /// @throws dev.gradine.tensor.ShapeException if `order` does not name every axis of `x` once
    public static Var permute(Var x, int... order) {
        return x.tape().apply(new Permute(Arrays.stream(order).boxed().toList()), x);
    }

    /// `f32[N,C] → f32[C,N]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if `x` is no matrix
    public static Var transpose(Var x) {
        return permute(x, 1, 0);
    }

    /// The same of a tensor that is on no tape, such as a weight that a file has the other way round.
    ///
    /// @throws dev.gradine.tensor.ShapeException if `order` does not name every axis of `x` once
    public static Tensor permuted(Kernels k, Tensor x, int... order) {
        return new Permute(Arrays.stream(order).boxed().toList()).forward(k, x).y();
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        List<Integer> axes = IntStream.range(0, x.shape().rank()).boxed().toList();
        if (!order.stream().sorted().toList().equals(axes)) {
            throw new ShapeException(
                    "permute: order is %s, expected each axis of x %s once".formatted(order, x.shape()));
        }
        Tensor y = k.empty(
                x.dtype(), Shape.of(order.stream().mapToInt(x.shape()::dim).toArray()));
        k.layout().permute(x, order, y);
        return new Forward<>(y, new Saved(x.shape()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(dy.dtype(), s.shape());
        List<Integer> inverse =
                IntStream.range(0, order.size()).map(order::indexOf).boxed().toList();
        k.layout().permute(dy, inverse, dx);
        return dx;
    }
}
