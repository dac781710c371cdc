package dev.gradine.tensor.memory;

/// Where a device's bytes come from. An address means something to this device alone.
public interface RawMemory extends AutoCloseable {

    /// Address of `bytes` bytes, aligned to `Tensor.ALIGNMENT`, which stay until `free` or `close`.
    long allocate(long bytes);

    /// Gives memory back before `close` does.
    ///
    /// @param address what `allocate` returned
    void free(long address);

    /// Says that nothing has written these bytes yet. Where assertions are on, they read as NaN in
    /// every float type, or their reading is reported.
    void forget(long address, long bytes);

    /// Whether this memory watches the bounds of what it gave out. Then a step cuts no pieces from
    /// large chunks, for a kernel that ran over the end of one tensor would land in the next, unseen.
    default boolean checksBounds() {
        return false;
    }

    /// Frees everything.
    @Override
    void close();
}
