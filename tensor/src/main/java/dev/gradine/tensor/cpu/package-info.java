/// The CPU device: kernels by the Vector API, on all cores, at the widest vectors the machine prefers. The only package
/// that may import `jdk.incubator.vector`. Results do not depend on the number of threads: work is split by rows and
/// columns, never along a sum, or sums are cut at fixed places.
@NullMarked
package dev.gradine.tensor.cpu;

import org.jspecify.annotations.NullMarked;
