/// What a user names with `--device`: `cuda` is these kernels behind the driver, `sim` is these kernels on
/// the simulator. This is the one place that knows kernels and both that execute them.
@NullMarked
package dev.gradine.cuda.kernels.device;

import org.jspecify.annotations.NullMarked;
