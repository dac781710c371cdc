package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A function of one variable, value by value. The functions are the rows of `Fn`; `Functions` has short names for
/// them.
///
/// ```
/// y = f(x)      dx = dy · f′(x)
/// ```
///
/// @param f the function
/// @param a its first constant; 0 if it has none
/// @param b its second constant; 0 if it has none
public record Apply(Fn f, float a, float b) implements Op1<Apply.Saved> {

    /// What `f.keeps()` names, x or y, of which the slope is a function; null if the slope is constant.
    record Saved(@Nullable Tensor kept) {}

    /// `f32[…] → f32[…]`
    ///
    /// @param constants as many as `f` has
    /// @throws IllegalArgumentException if there are more or fewer
    public static Var apply(Fn f, Var x, float... constants) {
        if (constants.length != f.constants()) {
            throw new IllegalArgumentException("%s: %d constants %s, expected %d for y = %s"
                    .formatted(f.id(), constants.length, Arrays.toString(constants), f.constants(), f.y()));
        }
        float[] ab = Arrays.copyOf(constants, 2);
        return x.tape().apply(new Apply(f, ab[0], ab[1]), x);
    }

    @Override
    public String title() {
        return f.id();
    }

    /// Where the slope depends on what went in, that is held anyway.
    @Override
    public boolean isCheap() {
        return f.keeps() == Fn.Keeps.X;
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Tensor y = k.emptyLike(x);
        k.function().apply(f, a, b, x, y);
        return new Forward<>(y, new Saved(kept(x, y)));
    }

    private @Nullable Tensor kept(Tensor x, Tensor y) {
        return switch (f.keeps()) {
            case X -> x;
            case Y -> y;
            case NOTHING -> null;
        };
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.emptyLike(dy);
        k.function().applyBackward(f, a, b, dy, s.kept() == null ? dy : s.kept(), dx);
        return dx;
    }
}
