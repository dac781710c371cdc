/// Shapes, element types, tensors over off-heap memory, and the interface `Kernels` that a device implements.
/// Derivatives belong in `autograd`; nothing here knows what a model is.
@NullMarked
package dev.gradine.tensor;

import org.jspecify.annotations.NullMarked;
