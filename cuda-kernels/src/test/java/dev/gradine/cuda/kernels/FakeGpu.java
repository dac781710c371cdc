package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/// A device of host memory that runs no kernels, for tests of what moves bytes. Its addresses are no
/// host addresses.
final class FakeGpu implements Gpu {

    private static final long APART = 1L << 40; // from every address of the host

    private final Arena arena = Arena.ofShared();
    private final Map<Long, MemorySegment> live = new HashMap<>();
    private final boolean checksBounds;
    private boolean closed;

    FakeGpu(boolean checksBounds) {
        this.checksBounds = checksBounds;
    }

    int allocations() {
        return live.size();
    }

    boolean isClosed() {
        return closed;
    }

    private MemorySegment at(long address, long bytes) {
        for (var e : live.entrySet()) {
            long from = address - e.getKey();
            if (from >= 0 && from + bytes <= e.getValue().byteSize())
                return e.getValue().asSlice(from, bytes);
        }
        throw new IllegalStateException("%d bytes at %x are nobody's".formatted(bytes, address));
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public int capability() {
        return 80;
    }

    @Override
    public int multiprocessors() {
        return 1;
    }

    @Override
    public int sharedBytesPerBlock() {
        return 0;
    }

    @Override
    public long allocate(long bytes) {
        MemorySegment s = arena.allocate(bytes, 256);
        live.put(s.address() + APART, s);
        return s.address() + APART;
    }

    @Override
    public void free(long address) {
        if (live.remove(address) == null) throw new IllegalStateException("freed twice");
    }

    @Override
    public boolean checksBounds() {
        return checksBounds;
    }

    @Override
    public long freeBytes() {
        return Long.MAX_VALUE;
    }

    @Override
    public void upload(MemorySegment from, long to) {
        at(to, from.byteSize()).copyFrom(from);
    }

    @Override
    public void download(long from, MemorySegment to) {
        to.copyFrom(at(from, to.byteSize()));
    }

    @Override
    public void copy(long from, long to, long bytes) {
        at(to, bytes).copyFrom(at(from, bytes));
    }

    @Override
    public void fill(long to, byte value, long bytes) {
        at(to, bytes).fill(value);
    }

    @Override
    public void launch(Kernel kernel, Grid grid, Object... arguments) {
        throw new IllegalStateException("runs no kernels");
    }

    @Override
    public void synchronize() {}

    @Override
    public void close() {
        closed = true;
        arena.close();
    }
}
