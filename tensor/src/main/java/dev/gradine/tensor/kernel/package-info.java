/// Contracts of the device kernels, one file each: shapes, and whether an output is overwritten or added into. A device
/// implements every method of a contract or does not compile. Arguments are checked by the op that calls the kernel; a
/// kernel only asserts.
@NullMarked
package dev.gradine.tensor.kernel;

import org.jspecify.annotations.NullMarked;
