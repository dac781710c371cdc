/// Every kernel against the CPU: cases that the tests run on the simulator and `gpu check` on a GPU.
@NullMarked
package dev.gradine.cuda.kernels.check;

import org.jspecify.annotations.NullMarked;
