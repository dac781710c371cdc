package dev.gradine.tensor;

/// A device has no kernel for what was asked of it.
public final class UnsupportedKernelException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /// @param message names the kernel and what would run it
    public UnsupportedKernelException(String message) {
        super(message);
    }
}
