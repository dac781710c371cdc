package dev.gradine.cuda.kernels.check;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Quantise;
import dev.gradine.tensor.cpu.RowInt8;
import java.util.List;

/// A kind of weight of codes, for cases.
///
/// @param type NF4, FP4 or INT8
/// @param block values that share a magnitude; of INT8 0, as it is a row
/// @param isDouble whether the magnitudes are codes in their turn
record Coded(DType type, int block, boolean isDouble) {

    /// Eight bits and a scale a row.
    static final Coded INT8 = new Coded(DType.INT8, 0, false);

    /// Both types of four bits, without and with double quantisation.
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
            return type == DType.INT8 ? RowInt8.quantise(w, host) : Quantise.quantise(w, type, block, isDouble, host);
        });
    }

    @Override
    public String toString() {
        if (type == DType.INT8) return "INT8 by row";
        return "%s%s by %d".formatted(type, isDouble ? " twice" : "", block);
    }
}
