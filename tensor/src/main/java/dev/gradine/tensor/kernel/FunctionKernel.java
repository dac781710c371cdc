package dev.gradine.tensor.kernel;

import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Device contract of the functions of `Fn` and `Fn2`, value by value. All f32. Outputs are overwritten; each may be
/// one of the inputs of its own size.
public interface FunctionKernel {

    /// `y = f(x)`, with the constants `a` and `b` of a function that has some.
    void apply(Fn f, float a, float b, Tensor x, Tensor y);

    /// `dx` from `dy` and from what `f` keeps: x, y, or nothing, for which `kept` is any tensor of that size.
    void applyBackward(Fn f, float a, float b, Tensor dy, Tensor kept, Tensor dx);

    /// `y = f(a, b)`. Unless `per` is `VALUE`, b is f32 whatever the type of the others.
    void combine(Fn2 f, Per per, Tensor a, Tensor b, Tensor y);

    /// `da` and `db`, each of the size of a and in memory of its own; null for one that is not wanted.
    /// Where b has fewer values, the caller sums `db` over the places that share one.
    void combineBackward(Fn2 f, Per per, Tensor dy, Tensor a, Tensor b, @Nullable Tensor da, @Nullable Tensor db);

    /// Fails unless b has as many values as `per` asks for beside `n` of a.
    ///
    /// @throws ShapeException if it has another number
    static void requireSecond(Fn2 f, Per per, Tensor b, int n) {
        boolean fits = switch (per) {
            case VALUE -> b.size() == n;
            case COLUMN, ROW -> b.size() > 0 && n % b.size() == 0;
        };
        if (!fits) {
            throw new ShapeException("%s: b is %s, expected %s %d values (one per %s of a)"
                    .formatted(
                            f.id(),
                            b,
                            per == Per.VALUE ? "exactly" : "a divisor of",
                            n,
                            per.name().toLowerCase(Locale.ROOT)));
        }
    }
}
