package dev.gradine.gpu;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// What executes kernels: a GPU behind its driver, or the simulator. Memory is a plain address there, which only this
/// one may follow; who frees what is decided by lifetimes above.
///
/// Work is done in the order it was asked for. `launch` may return before its kernel has ended; `download` and
/// `synchronize` wait for everything before them. Faults of a kernel may therefore show at a later call.
public interface Gpu extends AutoCloseable {

    /// Name for messages and reports, such as `NVIDIA H200 (sm_90)`.
    String name();

    /// Compute capability, ten times the major number plus the minor: 80, 90.
    int capability();

    /// Streaming multiprocessors.
    int multiprocessors();

    /// Most shared memory that one block may ask for, in bytes.
    int sharedBytesPerBlock();

    /// Whether a kernel may be chosen here. Those for every GPU may; one for Hopper alone may only there,
    /// and only once it was seen to be right.
    default boolean runs(Kernel kernel) {
        return !kernel.isHopper();
    }

    /// Memory of `bytes` bytes, aligned to 256; its content is undefined.
    ///
    /// @throws OutOfDeviceMemoryException says what was asked and what is free
    long allocate(long bytes);

    /// Gives memory back.
    ///
    /// @param address what `allocate` returned
    void free(long address);

    /// Says that nothing has written these bytes yet: they read as NaN, or a read of them is reported.
    default void forget(long address, long bytes) {
        fill(address, (byte) 0xff, bytes);
    }

    /// Whether accesses outside what `allocate` returned are reported, so that every tensor should have
    /// an allocation of its own.
    default boolean checksBounds() {
        return false;
    }

    /// Bytes that can still be allocated.
    long freeBytes();

    /// Copies host memory to the device.
    void upload(MemorySegment from, long to);

    /// Copies device memory to the host and waits for it.
    void download(long from, MemorySegment to);

    /// Copies within the device; the two ranges do not overlap.
    void copy(long from, long to, long bytes);

    /// Sets `bytes` bytes from address `to` on.
    void fill(long to, byte value, long bytes);

    /// Starts a kernel.
    ///
    /// @param arguments one per parameter of the kernel: a `Tensor` or `Long` for a pointer, an `Integer` or
    ///     `Float` for a value, a `TensorMap` for the 128 bytes of one
    /// @throws IllegalArgumentException if the arguments do not fit the kernel's parameters in number or width
    void launch(Kernel kernel, Grid grid, Object... arguments);

    /// Runs what a library of others asks of the same device, at this place in the order of all work. A `Gpu` that
    /// holds launches back must have started them before.
    default void inOrder(Runnable work) {
        work.run();
    }

    /// Notes operations, to be started together and more than once. Nothing is started yet.
    default Recording record(List<Operation> operations) {
        return new Replay(this, operations);
    }

    /// Waits until everything asked for has been done.
    ///
    /// @throws IllegalStateException if a kernel failed
    void synchronize();

    @Override
    void close();
}
