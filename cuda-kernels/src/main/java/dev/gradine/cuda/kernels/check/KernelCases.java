package dev.gradine.cuda.kernels.check;

import java.util.List;
import java.util.stream.Stream;

/// Every case of every kernel.
public final class KernelCases {

    private KernelCases() {}

    /// Those at sizes for which Hopper has kernels of its own.
    public static List<KernelCase> hopper() {
        return Stream.of(AttentionCases.hopper(), LowRankCases.hopper(), MatMulCases.hopper())
                .flatMap(List::stream)
                .toList();
    }

    /// In the order of the kernels' names.
    public static List<KernelCase> all() {
        return Stream.of(
                        AttentionCases.all(),
                        CodedMatMulCases.int8(),
                        LowRankCases.all(),
                        MatMulCases.all(),
                        CodedMatMulCases.nf4(),
                        PointwiseCases.all())
                .flatMap(List::stream)
                .toList();
    }
}
