package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.GroupNormKernel.Groups;
import java.util.ArrayList;
import java.util.List;

/// Group normalisation: sums over a group, then a few roundings; sums over images for weight and bias.
/// Channels of whole groups of 16 bytes and not, a group longer than what stays in registers, one position,
/// images without one.
public final class GroupNormCases {

    private static final float EPS = 1e-5f;
    private static final int ROUNDINGS = 14;

    private GroupNormCases() {}

    /// @param x `[B,C,…]`
    private record Norm(Shape x, int groups) {

        int channels() {
            return x.dim(1);
        }

        /// Values of a group.
        int n() {
            return x.dim(0) == 0 ? 0 : x.size() / x.dim(0) / groups;
        }
    }

    private static List<Norm> norms() {
        return List.of(
                new Norm(Shape.of(0, 4, 3, 3), 2),
                new Norm(Shape.of(3, 6), 2),
                new Norm(Shape.of(2, 4, 3, 5), 2),
                new Norm(Shape.of(2, 6, 4, 8), 3),
                new Norm(Shape.of(1, 5, 33), 1),
                new Norm(Shape.of(2, 3, 64), 3),
                new Norm(Shape.of(2, 64, 2, 2), 32),
                new Norm(Shape.of(1, 3, 77, 80), 1), // longer than what stays in registers
                new Norm(Shape.of(1, 2, 4099), 1));
    }

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Norm norm : norms()) {
                all.add(forward(type, norm));
                all.add(backward(type, norm));
            }
            all.add(biasAlone(type));
        }
        return all;
    }

    private static KernelCase forward(DType type, Norm norm) {
        double bound = Bounds.of(type, ROUNDINGS + Bounds.sum(norm.n()));
        return KernelCase.of("group_norm_forward %s, %d groups".formatted(norm.x, norm.groups), type, bound, in -> {
            Tensor y = in.out(norm.x.toArray());
            Tensor mean = in.outSingle(norm.x.dim(0), norm.groups);
            Tensor rstd = in.outSingle(norm.x.dim(0), norm.groups);
            Tensor x = in.data(1, norm.x.toArray());
            Groups groups = new Groups(norm.groups, EPS);
            Tensor w = in.single(2, norm.channels());
            in.kernels().groupNorm().forward(x, w, in.single(3, norm.channels()), groups, y, mean, rstd);
            return List.of(y, mean, rstd);
        });
    }

    private static KernelCase backward(DType type, Norm norm) {
        double bound = Bounds.of(type, ROUNDINGS + 2 * Bounds.sum(norm.n()) + Bounds.sum(norm.x.dim(0)));
        return KernelCase.of("group_norm_backward %s, %d groups".formatted(norm.x, norm.groups), type, bound, in -> {
            Tensor dx = in.out(norm.x.toArray());
            Tensor dw = in.single(5, norm.channels());
            Tensor db = in.single(6, norm.channels());
            Tensor mean = in.single(7, norm.x.dim(0), norm.groups);
            Tensor rstd = in.single(4, norm.x.dim(0), norm.groups);
            Tensor x = in.data(1, norm.x.toArray());
            Tensor dy = in.data(3, norm.x.toArray());
            in.kernels().groupNorm().backward(dy, x, in.single(2, norm.channels()), mean, rstd, dx, dw, db);
            return List.of(dx, dw, db);
        });
    }

    /// Without a gradient of the weight, and dx in the place of dy.
    private static KernelCase biasAlone(DType type) {
        double bound = Bounds.of(type, ROUNDINGS + 2 * Bounds.sum(48) + Bounds.sum(3));
        return KernelCase.of("group_norm_backward of the bias", type, bound, in -> {
            Tensor dx = in.data(3, 3, 4, 4, 6);
            Tensor db = in.single(6, 4);
            Tensor mean = in.single(7, 3, 2);
            Tensor rstd = in.single(4, 3, 2);
            in.kernels().groupNorm().backward(dx, in.data(1, 3, 4, 4, 6), in.single(2, 4), mean, rstd, dx, null, db);
            return List.of(dx, db);
        });
    }
}
