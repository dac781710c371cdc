/// The differentiable operations, one file each: formula, shape rule, `Saved`, forward, backward. `Op1` to `Op4` list
/// them by arity. An op checks its arguments in `forward`, before it allocates; it asks the device for memory and
/// kernels and knows nothing of either.
@NullMarked
package dev.gradine.autograd.op;

import org.jspecify.annotations.NullMarked;
