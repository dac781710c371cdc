/// Dense tensors, their element types and shapes, and the device behind the one interface `Kernels`. Belongs here: what
/// every device shares; `kernel` holds one contract per kernel, `cpu` the Vector API implementation. Does not belong
/// here: gradients, models, files.
@NullMarked
package dev.gradine.tensor;

import org.jspecify.annotations.NullMarked;
