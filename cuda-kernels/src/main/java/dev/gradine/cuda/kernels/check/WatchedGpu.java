package dev.gradine.cuda.kernels.check;

import dev.gradine.gpu.ForwardingGpu;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Passes everything on to a device and notes which kernels were launched. It says that it has one multiprocessor, so
/// that grids are small enough for their blocks to take several turns on inputs of a case's size.
final class WatchedGpu extends ForwardingGpu {

    private final boolean hopper;
    private final Consumer<Kernel> launched;

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

    /// @param gpu does the work
    /// @param hopper whether kernels for Hopper alone may be chosen
    /// @param launched is told of every launch
    WatchedGpu(Gpu gpu, boolean hopper, Consumer<Kernel> launched) {
        super(gpu);
        this.hopper = hopper;
        this.launched = launched;
    }

    @Override
    public int multiprocessors() {
        return 1;
    }

    @Override
    public boolean runs(Kernel kernel) {
        return (hopper || !kernel.isHopper()) && gpu.runs(kernel);
    }

    @Override
    public void launch(Kernel kernel, Grid grid, Object... arguments) {
        launched.accept(kernel);
        gpu.launch(kernel, grid, arguments);
    }
}
