/// The tape, its variables and reverse-mode differentiation. An op is one record with forward and backward
/// together; devices are known only as the interface `Kernels`. Layers, models and anything with weights belong in
/// `nn`.
@NullMarked
package dev.gradine.autograd;

import org.jspecify.annotations.NullMarked;
