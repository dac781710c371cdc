package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeAngles;
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
                all.add(rotation("forward", type, shape[0], new Head(shape[1], 2 * shape[2], shape[2], false)));
                all.add(rotation("backward", type, shape[0], new Head(shape[1], 2 * shape[2], shape[2], false)));
            }
            for (boolean isInterleaved : new boolean[] {false, true}) {
                for (int size : new int[] {16, 22, 64}) {
                    all.add(rotation("forward", type, 7, new Head(3, size, 8, isInterleaved)));
                    all.add(rotation("backward", type, 7, new Head(3, size, 8, isInterleaved)));
                }
            }
            all.add(inPlace(type, 4, new Head(3, 32, 16, false)));
            all.add(inPlace(type, 4, new Head(3, 32, 8, true)));
        }
        return all;
    }

    /// @param count heads of a row
    /// @param size channels of one
    /// @param pairs of them that turn
    private record Head(int count, int size, int pairs, boolean isInterleaved) {

        int width() {
            return count * size;
        }

        RopeAngles angles(Inputs in) {
            return new RopeAngles(in.single(3, PLACES, pairs), in.single(4, PLACES, pairs), size, isInterleaved);
        }

        @Override
        public String toString() {
            String which = size == 2 * pairs ? "" : " of which %d turn".formatted(2 * pairs);
            return "%d x %d%s%s".formatted(count, size, which, isInterleaved ? ", neighbours" : "");
        }
    }

    private static KernelCase rotation(String direction, DType type, int n, Head head) {
        String name = "rope_%s [%d, %s]".formatted(direction, n, head);
        return KernelCase.of(name, type, Bounds.of(type, ROUNDINGS), in -> {
            Tensor x = in.data(1, n, head.width());
            Tensor y = in.out(n, head.width());
            Tensor positions = in.ints(Inputs.indices(2, n, PLACES));
            RopeAngles angles = head.angles(in);
            if (direction.equals("forward")) in.kernels().rope().forward(x, positions, angles, y);
            else in.kernels().rope().backward(x, positions, angles, y);
            return List.of(y);
        });
    }

    private static KernelCase inPlace(DType type, int n, Head head) {
        String name = "rope in place [%d, %s]".formatted(n, head);
        return KernelCase.of(name, type, Bounds.of(type, ROUNDINGS), in -> {
            Tensor x = in.data(1, n, head.width());
            Tensor positions = in.ints(Inputs.indices(2, n, PLACES));
            in.kernels().rope().forward(x, positions, head.angles(in), x);
            return List.of(x);
        });
    }
}
