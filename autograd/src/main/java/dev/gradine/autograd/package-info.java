/// Reverse-mode differentiation: a tape records the operations of one step and plays them back in reverse. Belongs
/// here: `Tape`, `Var`, `Param`; the operations are in `op`, one file each. Devices are known only as
/// `dev.gradine.tensor.Kernels`.
@NullMarked
package dev.gradine.autograd;

import org.jspecify.annotations.NullMarked;
