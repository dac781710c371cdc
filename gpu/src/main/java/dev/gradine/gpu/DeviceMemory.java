package dev.gradine.gpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.memory.RawMemory;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;

/// The memory of a `Gpu`. Content is forgotten where assertions are on or the device reports reads of
/// it.
public final class DeviceMemory implements RawMemory {

    private static final boolean POISON = DeviceMemory.class.desiredAssertionStatus();

    private final Gpu gpu;
    private final Set<Long> live = new HashSet<>();

    /// All that is allocated here and still lives is freed with it.
    public DeviceMemory(Gpu gpu) {
        this.gpu = gpu;
    }

    /// Where the values of `t` begin, for whoever passes it to a kernel.
    ///
    /// @throws IllegalStateException if `t` was released or its lifetime has ended
    public static long address(Tensor t) {
        MemorySegment data = t.data();
        if (!data.scope().isAlive()) {
            throw new IllegalStateException("kernel: " + t + " is used after its lifetime ended");
        }
        return data.address();
    }

    @Override
    public long allocate(long bytes) {
        long address = gpu.allocate(bytes);
        live.add(address);
        return address;
    }

    @Override
    public void free(long address) {
        live.remove(address);
        gpu.free(address);
    }

    @Override
    public void forget(long address, long bytes) {
        if ((POISON || gpu.checksBounds()) && bytes > 0) gpu.forget(address, bytes);
    }

    @Override
    public boolean checksBounds() {
        return gpu.checksBounds();
    }

    @Override
    public void close() {
        live.forEach(gpu::free);
        live.clear();
    }
}
