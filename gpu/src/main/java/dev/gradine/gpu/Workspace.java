package dev.gradine.gpu;

/// Device memory of one launcher for what lives no longer than a call: partial sums, lists of work. It grows to the
/// largest call and stays, since work is done in order: the next call overwrites what the last one has read.
public final class Workspace {

    private final Gpu gpu;
    private long address;
    private long bytes;

    /// Takes no memory of `gpu` before it is asked for room.
    public Workspace(Gpu gpu) {
        this.gpu = gpu;
    }

    /// Memory of at least `wanted` bytes, with undefined content, until the next call of this method.
    public long room(long wanted) {
        if (wanted > bytes) {
            if (bytes > 0) {
                gpu.synchronize();
                gpu.free(address);
            }
            bytes = 0;
            address = gpu.allocate(wanted);
            bytes = wanted;
        }
        return address;
    }
}
