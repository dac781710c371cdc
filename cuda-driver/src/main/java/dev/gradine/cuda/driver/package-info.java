/// The GPU behind NVIDIA's driver, through JCuda: finding it, its memory, modules, launches, timing
/// and graphs. Belongs here: everything that calls the driver, the compilers that JCuda brings, or
/// cuBLAS. What a kernel computes does not.
@NullMarked
package dev.gradine.cuda.driver;

import org.jspecify.annotations.NullMarked;
