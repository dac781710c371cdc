package dev.gradine.bench.gpu;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.gpu.DeviceMemory;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/// Operands of the works. Inputs are random: zeros take less power, and look fast. Results are NaN before, so that a
/// kernel that writes nothing shows.
final class Operands {

    private static final int PATTERN = 1_048_573; // random values, repeated: a prime, so that rows differ

    private final float[] pattern = new float[PATTERN];
    private final CudaKernels k;

    /// @param k where they live
    Operands(CudaKernels k) {
        this.k = k;
        SplittableRandom rng = new SplittableRandom(1);
        for (int i = 0; i < PATTERN; i++) pattern[i] = (float) rng.nextDouble(-1, 1);
    }

    /// Values in [-1, 1).
    Tensor random(DType type, int rows, int columns) {
        Tensor t = k.empty(type, Shape.of(rows, columns));
        int some = Math.max(1, PATTERN / columns);
        try (Kernels scratch = k.openStep()) {
            for (int from = 0; from < rows; from += some) {
                int to = Math.min(rows, from + some);
                float[] values = new float[(to - from) * columns];
                long first = (long) from * columns;
                for (int i = 0; i < values.length; i++) values[i] = pattern[(int) ((first + i) % PATTERN)];
                Tensor part = scratch.of(Shape.of(to - from, columns), values);
                scratch.copy(part, t.rows(from, to));
                scratch.release(part);
            }
        }
        return t;
    }

    /// `n` f32 values in [-1, 1).
    Tensor vector(int n) {
        return random(DType.F32, n, 1).reshape(Shape.of(n));
    }

    /// `n` random bytes.
    Tensor bytes(long seed, int n) {
        byte[] bytes = new byte[n];
        new SplittableRandom(seed).nextBytes(bytes);
        return k.ofBytes(bytes);
    }

    /// `n` tokens below `limit`.
    Tensor tokens(int n, int limit) {
        return k.ofInts(new SplittableRandom(2).ints(n, 0, limit).toArray());
    }

    /// To be written: NaN before.
    Tensor result(DType type, int... dims) {
        Tensor t = k.empty(type, Shape.of(dims));
        k.gpu().fill(DeviceMemory.address(t), (byte) 0xff, t.bytes());
        return t;
    }

    /// The norm of all values of some tensors, as they are when it is asked for.
    DoubleSupplier norm(Tensor... of) {
        return () -> norm(k, of);
    }

    /// The norm of all values of some tensors.
    static double norm(Kernels on, Tensor... of) {
        double squares = 0;
        for (Tensor t : of) {
            try (Kernels scratch = on.openStep()) {
                Tensor f32 = scratch.empty(t.shape());
                scratch.copy(t, f32);
                squares += scratch.reduce().sumOfSquares(f32);
            }
        }
        return Math.sqrt(squares);
    }
}
