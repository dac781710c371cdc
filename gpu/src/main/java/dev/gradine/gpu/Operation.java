package dev.gradine.gpu;

import java.util.List;

/// One thing that a `Gpu` was asked to do on its memory and that nobody waits for. Two are equal where they do
/// the same.
public sealed interface Operation {

    /// Asks `gpu` for it.
    void start(Gpu gpu);

    /// What stays the same when a recorded operation is exchanged for another: the kernel, or that it copies.
    Object kind();

    /// A kernel is started.
    ///
    /// @param arguments as of `Gpu.launch`, but for tensors, which are addresses here
    record Launch(Kernel kernel, Grid grid, List<Object> arguments) implements Operation {
        @Override
        public void start(Gpu gpu) {
            gpu.launch(kernel, grid, arguments.toArray());
        }

        @Override
        public Object kind() {
            return kernel;
        }
    }

    /// Values move within the device.
    record Copy(long from, long to, long bytes) implements Operation {
        @Override
        public void start(Gpu gpu) {
            gpu.copy(from, to, bytes);
        }

        @Override
        public Object kind() {
            return Copy.class;
        }
    }

    /// Bytes are set.
    record Fill(long to, byte value, long bytes) implements Operation {
        @Override
        public void start(Gpu gpu) {
            gpu.fill(to, value, bytes);
        }

        @Override
        public Object kind() {
            return Fill.class;
        }
    }

    /// Bytes become undefined.
    record Forget(long address, long bytes) implements Operation {
        @Override
        public void start(Gpu gpu) {
            gpu.forget(address, bytes);
        }

        @Override
        public Object kind() {
            return Forget.class;
        }
    }
}
