package dev.gradine.cli.gpu;

import dev.gradine.tensor.Tensor;
import java.util.List;

/// One kernel at one size, to be timed.
///
/// @param name what PyTorch's side calls it too
/// @param bytes that it must move, at least; 0 where arithmetic is what counts
/// @param flop floating-point operations of one run; 0 where bytes are what counts
/// @param ours launches it
/// @param cublas launches cuBLAS's, if it has one; else empty
/// @param result what it writes, whose norm shows that it computed something
record GpuWork(String name, double bytes, double flop, Runnable ours, List<Runnable> cublas, Tensor result) {

    /// Work that moves bytes.
    static GpuWork moving(String name, double bytes, Runnable ours, Tensor result) {
        return new GpuWork(name, bytes, 0, ours, List.of(), result);
    }

    /// Work that computes.
    static GpuWork computing(String name, double flop, Runnable ours, Tensor result) {
        return new GpuWork(name, 0, flop, ours, List.of(), result);
    }

    /// What is counted: GB or TFLOP.
    double amount() {
        return flop > 0 ? flop * 1e-12 : bytes * 1e-9;
    }

    String unit() {
        return flop > 0 ? "TFLOP/s" : "GB/s";
    }
}
