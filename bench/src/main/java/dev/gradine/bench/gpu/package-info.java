/// What `gradine gpu bench` measures: kernels against the clock of the GPU, beside cuBLAS and PyTorch where they are
/// installed, and whole steps of a model; each work says which goal it answers. Options do not belong here.
@NullMarked
package dev.gradine.bench.gpu;

import org.jspecify.annotations.NullMarked;
