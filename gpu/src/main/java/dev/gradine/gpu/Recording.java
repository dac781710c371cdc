package dev.gradine.gpu;

/// Operations that a device has noted and can start together, in their order, as often as asked.
public interface Recording extends AutoCloseable {

    /// Exchanges one for another of the same kind, for the launches from now on.
    ///
    /// @param index of the operation among those recorded
    void set(int index, Operation operation);

    /// Starts all of them.
    void launch();

    @Override
    void close();
}
