package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Values of types with scales, decoded whole and by rows of a table. One product, or with double quantisation a
/// product and a sum more, is rounded alike on every device, so that f32 agrees to the bit.
public final class Nf4Cases {

    private static final int PLACES = 37;

    private Nf4Cases() {}

    /// Every case.
    public static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (Coded w : Coded.kinds(64)) {
                for (int n : new int[] {0, 1, 7, 31, 33, 64, 65, 1000, 40_003}) all.add(decoded(type, w, n));
                all.add(gathered(type, w, 5, 33));
                all.add(gathered(type, w, 33, 1056));
            }
            for (int n : new int[] {1, 255, 257, 5000}) all.add(magnitudes(type, n));
        }
        all.add(half(Coded.kinds(32).getLast(), 1000));
        return all;
    }

    private static KernelCase decoded(DType type, Coded w, int n) {
        return KernelCase.of("nf4 %s [%d]".formatted(w, n), type, Bounds.of(type, 0), in -> {
            Tensor y = in.out(n);
            in.kernels().copy(w.of(in, Shape.of(n)), y);
            return List.of(y);
        });
    }

    private static KernelCase gathered(DType type, Coded w, int n, int c) {
        return KernelCase.of("nf4_index_select %s [%d, %d]".formatted(w, n, c), type, Bounds.of(type, 0), in -> {
            Tensor y = in.out(n, c);
            Tensor ids = in.ints(Inputs.indices(2, n, PLACES));
            in.kernels().indexSelect().forward(ids, w.of(in, Shape.of(PLACES, c)), y);
            return List.of(y);
        });
    }

    /// Codes of eight bits by themselves.
    private static KernelCase magnitudes(DType type, int n) {
        return KernelCase.of("nf4_dynamic8 [%d]".formatted(n), type, Bounds.of(type, 0), in -> {
            Tensor y = in.out(n);
            Tensor w = new Coded(DType.NF4, 32, true).of(in, Shape.of(32 * n));
            in.kernels().copy(w.scales().magnitudes(), y);
            return List.of(y);
        });
    }

    private static KernelCase half(Coded w, int n) {
        return KernelCase.of("nf4 %s to F16 [%d]".formatted(w, n), DType.F32, 0, in -> {
            Tensor y = in.kernels().empty(DType.F16, Shape.of(n));
            in.kernels().copy(w.of(in, Shape.of(n)), y);
            return List.of(y);
        });
    }
}
