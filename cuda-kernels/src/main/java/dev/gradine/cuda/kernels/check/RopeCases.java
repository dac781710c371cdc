package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Rotary embedding: two products and a sum, fused or not.
public final class RopeCases {

    private static final int PLACES = 19;
    private static final int ROUNDINGS = 3;

    private RopeCases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int[] shape : new int[][] {{0, 2, 4}, {1, 1, 1}, {3, 3, 5}, {70, 2, 16}, {5, 9, 32}, {2, 33, 64}}) {
                all.add(rotation("forward", type, shape[0], shape[1], shape[2]));
                all.add(rotation("backward", type, shape[0], shape[1], shape[2]));
            }
            all.add(inPlace(type, 4, 3, 16));
        }
        return all;
    }

    private static KernelCase rotation(String direction, DType type, int n, int heads, int half) {
        String name = "rope_%s [%d, %d x %d]".formatted(direction, n, heads, 2 * half);
        return KernelCase.of(name, type, Bounds.of(type, ROUNDINGS), in -> {
            Tensor x = in.data(1, n, heads * 2 * half);
            Tensor y = in.out(n, heads * 2 * half);
            Tensor positions = in.ints(Inputs.indices(2, n, PLACES));
            Tensor cos = in.single(3, PLACES, half);
            Tensor sin = in.single(4, PLACES, half);
            if (direction.equals("forward")) in.kernels().rope().forward(x, positions, cos, sin, y);
            else in.kernels().rope().backward(x, positions, cos, sin, y);
            return List.of(y);
        });
    }

    private static KernelCase inPlace(DType type, int n, int heads, int half) {
        String name = "rope in place [%d, %d x %d]".formatted(n, heads, 2 * half);
        return KernelCase.of(name, type, Bounds.of(type, ROUNDINGS), in -> {
            Tensor x = in.data(1, n, heads * 2 * half);
            Tensor positions = in.ints(Inputs.indices(2, n, PLACES));
            in.kernels().rope().forward(x, positions, in.single(3, PLACES, half), in.single(4, PLACES, half), x);
            return List.of(x);
        });
    }
}
