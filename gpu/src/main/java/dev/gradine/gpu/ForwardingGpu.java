package dev.gradine.gpu;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// Passes everything on to another device, for whoever wants to see or change some of it.
public abstract class ForwardingGpu implements Gpu {

    /// Does the work.
    protected final Gpu gpu;

    /// In front of `gpu`, which is closed with it.
    protected ForwardingGpu(Gpu gpu) {
        this.gpu = gpu;
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
        return gpu.multiprocessors();
    }

    @Override
    public int sharedBytesPerBlock() {
        return gpu.sharedBytesPerBlock();
    }

    @Override
    public boolean runs(Kernel kernel) {
        return gpu.runs(kernel);
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
        gpu.launch(kernel, grid, arguments);
    }

    @Override
    public void inOrder(Runnable work) {
        gpu.inOrder(work);
    }

    @Override
    public Recording record(List<Operation> operations) {
        return gpu.record(operations);
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
