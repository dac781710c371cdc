package dev.gradine.gpu;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Holds operations back and starts those that repeat as one, which spares the host most of the time between them.
///
/// What is asked for is collected until the host waits, writes or frees, and at most 128 operations long, so that
/// host and device work at once. `Graphs` then starts the list: as a graph that it has of one like it, or piece by
/// piece. A graph is told every argument in which the list differs from what it started last. So what runs
/// is always what was asked for, with its arguments, in its order.
///
/// A fault of the host, such as a wrong argument, shows where the list is started, not where it was asked for. With
/// the property `gradine.cuda.wait` nothing is held back.
public final class GraphGpu extends ForwardingGpu {

    private static final int MOST_COLLECTED = Boolean.getBoolean("gradine.cuda.wait") ? 1 : 128;

    private final int most;
    private final Graphs graphs;
    private final Staging staging;
    private final List<Operation> collected = new ArrayList<>();

    /// In front of `gpu`, which is closed with it.
    public GraphGpu(Gpu gpu) {
        this(gpu, MOST_COLLECTED, Graphs.MOST);
    }

    /// @param most operations that are held back
    /// @param graphs that are kept
    GraphGpu(Gpu gpu, int most, int graphs) {
        super(gpu);
        this.most = most;
        this.graphs = new Graphs(gpu, graphs);
        this.staging = new Staging(gpu);
    }

    /// What was started as graphs so far, and what was not.
    public GraphCounts counts() {
        return graphs.counts();
    }

    private void collect(Operation operation) {
        collected.add(operation);
        if (collected.size() >= most) flush();
    }

    /// Starts what was collected.
    private void flush() {
        if (collected.isEmpty()) return;
        List<Operation> operations = List.copyOf(collected);
        collected.clear();
        staging.reuse();
        graphs.start(operations);
    }

    @Override
    public void launch(Kernel kernel, Grid grid, Object... arguments) {
        Object[] values = new Object[arguments.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = arguments[i] instanceof Tensor t ? DeviceMemory.address(t) : arguments[i];
        }
        collect(new Operation.Launch(kernel, grid, List.of(values)));
    }

    @Override
    public void copy(long from, long to, long bytes) {
        if (bytes > 0) collect(new Operation.Copy(from, to, bytes));
    }

    @Override
    public void fill(long to, byte value, long bytes) {
        if (bytes > 0) collect(new Operation.Fill(to, value, bytes));
    }

    @Override
    public void forget(long address, long bytes) {
        if (bytes > 0) collect(new Operation.Forget(address, bytes));
    }

    /// Few bytes between collected operations are written at once to where nobody looks, and copied from there in
    /// their turn.
    @Override
    public void upload(MemorySegment from, long to) {
        long bytes = from.byteSize();
        if (!collected.isEmpty() && staging.takes(bytes)) {
            copy(staging.write(from), to, bytes);
            return;
        }
        flush();
        gpu.upload(from, to);
    }

    @Override
    public void download(long from, MemorySegment to) {
        flush();
        gpu.download(from, to);
    }

    @Override
    public void free(long address) {
        flush();
        gpu.free(address);
    }

    @Override
    public void inOrder(Runnable work) {
        flush();
        gpu.inOrder(work);
    }

    @Override
    public Recording record(List<Operation> operations) {
        return new Replay(this, operations); // the device's own would not be held back
    }

    @Override
    public void synchronize() {
        flush();
        gpu.synchronize();
    }

    @Override
    public void close() {
        try {
            flush();
            graphs.close();
            staging.close();
        } finally {
            gpu.close();
        }
    }
}
