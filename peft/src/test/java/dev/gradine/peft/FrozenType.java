package dev.gradine.peft;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Quantise;
import dev.gradine.tensor.cpu.RowInt8;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Types that the weights of a base may have under an adapter.
enum FrozenType {
    F32(0),
    BF16(0x1p-9),
    NF4(0.054), // its table over uniform values
    INT8(0.3 / 127);

    private final double deviation; // of the rounding of uniform values, as a share of the largest

    FrozenType(double deviation) {
        this.deviation = deviation;
    }

    /// The weight of a linear layer in this type.
    ///
    /// @param w f32, in host memory
    /// @param run lifetime of the result
    Tensor of(Tensor w, Kernels run) {
        return switch (this) {
            case F32 -> run.fromHost(w);
            case BF16 -> rounded(run.fromHost(w), run);
            case INT8 -> run.fromHost(RowInt8.quantise(w, Arena.ofAuto()));
            case NF4 -> run.fromHost(Quantise.quantise(w, DType.NF4, 64, true, Arena.ofAuto()));
        };
    }

    /// A weight that is never coded: a bias, norm or table.
    Tensor ofOther(Tensor w, Kernels run) {
        return this == BF16 && w.shape().rank() == 2 ? of(w, run) : run.fromHost(w);
    }

    private static Tensor rounded(Tensor w, Kernels run) {
        Tensor y = run.empty(DType.BF16, w.shape());
        run.copy(w, y);
        return y;
    }

    /// Which of the gradients of an adapter are looked at one by one: all over f32; over other types the
    /// largest, as the base alone differs.
    int[] looked(float[] grad) {
        return IntStream.range(0, grad.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(grad[i])))
                .limit(this == F32 ? grad.length : 40)
                .mapToInt(i -> i)
                .toArray();
    }

    /// Of sums of `n` products of values of magnitude 1 with weights of magnitude `scale` that were rounded to this
    /// type: four deviations.
    Tolerance rounding(int n, double scale) {
        double allowed = 4 * deviation * scale * Math.sqrt(n / 3.0);
        return new Tolerance(allowed, 0, "four deviations of weights in " + this);
    }
}
