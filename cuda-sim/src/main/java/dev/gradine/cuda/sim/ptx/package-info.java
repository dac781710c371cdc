/// PTX text as data: a parser for what the CUDA compiler emits for the kernels here, and the records it yields. Nothing
/// here executes anything; whoever launches a kernel reads the widths of its parameters from `PtxModule`.
@NullMarked
package dev.gradine.cuda.sim.ptx;

import org.jspecify.annotations.NullMarked;
