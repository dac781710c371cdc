package dev.gradine.optim;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;

/// A tensor that an optimiser keeps beside a parameter, zero at first.
///
/// @param name such as `m`; it is saved as `m.layer.weight`
/// @param dtype f32, or u8 for codes
/// @param isSigned whether a value may be below 0
record Kept(String name, DType dtype, Shape shape, boolean isSigned) {

    /// A mean of gradients, or of what is made of them.
    static Kept signed(String name, Shape shape) {
        return new Kept(name, DType.F32, shape, true);
    }

    /// A mean of squares.
    static Kept positive(String name, Shape shape) {
        return new Kept(name, DType.F32, shape, false);
    }

    long bytes() {
        return dtype.bytes(shape.size());
    }
}
