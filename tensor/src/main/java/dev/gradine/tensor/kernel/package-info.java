/// Contracts of the device kernels, one file each: shapes, and whether an output is overwritten or added into. A device
/// implements every method of a contract or does not compile. Operands are checked here too, with the
/// same words on every device: `Operands`, `MatMulShapes`.
/// Where a contract says f32, a device may also take activations and their gradients in BF16, one type
/// per call; weights of norms, statistics, losses and optimiser state stay f32.
@NullMarked
package dev.gradine.tensor.kernel;

import org.jspecify.annotations.NullMarked;
