package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Quantise;
import java.util.List;

/// A kind of weight of four bits, for cases.
///
/// @param type NF4 or FP4
/// @param block values that share a magnitude
/// @param isDouble whether the magnitudes are codes in their turn
record Coded(DType type, int block, boolean isDouble) {

    /// Both types, without and with double quantisation.
    static List<Coded> kinds(int block) {
        return List.of(
                new Coded(DType.NF4, block, false),
                new Coded(DType.NF4, block, true),
                new Coded(DType.FP4, block, false),
                new Coded(DType.FP4, block, true));
    }

    /// Random weights of this kind on the device of a case.
    Tensor of(Inputs in, Shape shape) {
        return in.made(host -> {
            Tensor w = Tensor.of(host, shape, Inputs.random(4, shape.size()));
            return Quantise.quantise(w, type, block, isDouble, host);
        });
    }

    @Override
    public String toString() {
        return "%s%s by %d".formatted(type, isDouble ? " twice" : "", block);
    }
}
