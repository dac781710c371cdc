package dev.gradine.cuda.check;

import dev.gradine.cuda.Gpu;
import dev.gradine.cuda.Grid;
import dev.gradine.cuda.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Passes everything on to a device and notes which kernels were launched. It says that it has one multiprocessor, so
/// that grids are small enough for their blocks to take several turns on inputs of a case's size.
///
/// @param gpu does the work
/// @param hopper whether kernels for Hopper alone may be chosen
/// @param launched is told of every launch
record WatchedGpu(Gpu gpu, boolean hopper, Consumer<Kernel> launched) implements Gpu {

    /// Kernels launched since the last `take`, by file.
    static final class Launches implements Consumer<Kernel> {
        private Map<String, Set<String>> byFile = new TreeMap<>();

        @Override
        public void accept(Kernel k) {
            byFile.computeIfAbsent(k.file(), _ -> new TreeSet<>()).add(k.entry());
        }

        Map<String, Set<String>> take() {
            Map<String, Set<String>> taken = byFile;
            byFile = new TreeMap<>();
            return taken;
        }
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
    public boolean runs(Kernel kernel) {
        return (hopper || !kernel.isHopper()) && gpu.runs(kernel);
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
        launched.accept(kernel);
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
