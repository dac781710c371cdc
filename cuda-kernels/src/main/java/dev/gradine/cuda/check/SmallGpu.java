package dev.gradine.cuda.check;

import dev.gradine.cuda.Gpu;
import dev.gradine.cuda.Grid;
import dev.gradine.cuda.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/// A device that says it has one multiprocessor, so that launches are small enough for their blocks to take several
/// turns on inputs of test size, and remembers what was launched.
public final class SmallGpu implements Gpu {

    private final Gpu gpu;
    private final Set<String> launched = new TreeSet<>();

    /// @param gpu what executes; it is closed with this one
    public SmallGpu(Gpu gpu) {
        this.gpu = gpu;
    }

    /// `stem/entry` of every kernel launched so far.
    public Set<String> launched() {
        return Collections.unmodifiableSet(launched);
    }

    @Override
    public String name() {
        return gpu.name();
    }

    @Override
    public int capability() {
        return gpu.capability();
    }

    @Override
    public int multiprocessors() {
        return 1;
    }

    @Override
    public int sharedBytesPerBlock() {
        return gpu.sharedBytesPerBlock();
    }

    @Override
    public long allocate(long bytes) {
        return gpu.allocate(bytes);
    }

    @Override
    public void free(long address) {
        gpu.free(address);
    }

    @Override
    public void forget(long address, long bytes) {
        gpu.forget(address, bytes);
    }

    @Override
    public boolean checksBounds() {
        return gpu.checksBounds();
    }

    @Override
    public long freeBytes() {
        return gpu.freeBytes();
    }

    @Override
    public void upload(MemorySegment from, long to) {
        gpu.upload(from, to);
    }

    @Override
    public void download(long from, MemorySegment to) {
        gpu.download(from, to);
    }

    @Override
    public void copy(long from, long to, long bytes) {
        gpu.copy(from, to, bytes);
    }

    @Override
    public void fill(long to, byte value, long bytes) {
        gpu.fill(to, value, bytes);
    }

    @Override
    public void launch(Kernel kernel, Grid grid, Object... arguments) {
        launched.add(kernel.file() + "/" + kernel.entry());
        gpu.launch(kernel, grid, arguments);
    }

    @Override
    public void synchronize() {
        gpu.synchronize();
    }

    @Override
    public void close() {
        gpu.close();
    }
}
