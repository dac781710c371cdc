package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.UpsampleKernel.Enlargement;
import dev.gradine.tensor.kernel.UpsampleKernel.Mode;
import java.util.ArrayList;
import java.util.List;

/// Enlarged images: copies, or two roundings along each axis; gradients that sum the outputs a value counts for.
public final class UpsampleCases {

    private static final int ROUNDINGS = 8;

    private UpsampleCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Mode mode : Mode.values()) {
                add(all, type, Shape.of(1, 1, 1, 1), new Enlargement(mode, 2));
                add(all, type, Shape.of(2, 3, 5, 7), new Enlargement(mode, 2));
                add(all, type, Shape.of(1, 2, 1, 33), new Enlargement(mode, 3));
                add(all, type, Shape.of(1, 2, 6, 1), new Enlargement(mode, 4));
                add(all, type, Shape.of(2, 2, 3, 4), new Enlargement(mode, 1));
                add(all, type, Shape.of(0, 2, 3, 4), new Enlargement(mode, 2));
            }
        }
        return all;
    }

    private static void add(List<KernelCase> all, DType type, Shape x, Enlargement by) {
        String name = "%s %s by %d".formatted(by.mode(), x, by.factor());
        int[] large = by.of(x).toArray();
        all.add(KernelCase.of("upsample " + name, type, Bounds.of(type, ROUNDINGS), in -> {
            Tensor y = in.out(large);
            in.kernels().upsample().forward(in.data(1, x.toArray()), by, y);
            return List.of(y);
        }));
        int terms = 4 * by.factor() * by.factor();
        all.add(KernelCase.of("upsample_backward " + name, type, Bounds.of(type, ROUNDINGS + Bounds.sum(terms)), in -> {
            Tensor dx = in.out(x.toArray());
            in.kernels().upsample().backward(in.data(1, large), by, dx);
            return List.of(dx);
        }));
    }
}
