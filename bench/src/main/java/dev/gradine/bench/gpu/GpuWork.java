package dev.gradine.bench.gpu;

import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.function.DoubleSupplier;

/// One kernel, or a few that belong together, at one size, to be timed.
///
/// @param name what PyTorch's side calls it too
/// @param amount what it does
/// @param ours launches it
/// @param others whom it is compared with
/// @param norm of what it wrote: that it computed something
/// @param goal that it is measured for
record GpuWork(String name, Amount amount, Runnable ours, Others others, DoubleSupplier norm, Goal goal) {

    /// @param bytes that it must move, at least; 0 where arithmetic is what counts
    /// @param flop floating-point operations of one run; 0 where bytes are what counts
    record Amount(double bytes, double flop) {

        /// What is counted: GB or TFLOP.
        double value() {
            return flop > 0 ? flop * 1e-12 : bytes * 1e-9;
        }

        String unit() {
            return flop > 0 ? "TFLOP/s" : "GB/s";
        }
    }

    /// Each one, or none.
    ///
    /// @param cublas the same by cuBLAS
    /// @param unfused the same by kernels that do less at once
    /// @param memory where it allocates what it needs beside its inputs
    record Others(List<Runnable> cublas, List<Runnable> unfused, List<Kernels> memory) {
        static final Others NONE = new Others(List.of(), List.of(), List.of());
    }

    /// Work that moves bytes.
    static GpuWork moving(String name, double bytes, Runnable ours, DoubleSupplier norm) {
        return new GpuWork(name, new Amount(bytes, 0), ours, Others.NONE, norm, Goal.NONE);
    }

    /// Work that computes.
    static GpuWork computing(String name, double flop, Runnable ours, DoubleSupplier norm) {
        return new GpuWork(name, new Amount(0, flop), ours, Others.NONE, norm, Goal.NONE);
    }

    GpuWork besideCublas(List<Runnable> cublas) {
        return new GpuWork(name, amount, ours, new Others(cublas, List.of(), List.of()), norm, goal);
    }

    GpuWork insteadOf(Runnable unfused) {
        return new GpuWork(name, amount, ours, new Others(List.of(), List.of(unfused), List.of()), norm, goal);
    }

    GpuWork allocatingIn(Kernels memory) {
        return new GpuWork(name, amount, ours, new Others(List.of(), List.of(), List.of(memory)), norm, goal);
    }

    GpuWork towards(Goal other) {
        return new GpuWork(name, amount, ours, others, norm, other);
    }
}
