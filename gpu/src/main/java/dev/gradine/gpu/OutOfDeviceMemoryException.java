package dev.gradine.gpu;

/// The device has not enough memory for what was asked.
public final class OutOfDeviceMemoryException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /// @param asked bytes that were asked for
    /// @param free bytes that are free
    public OutOfDeviceMemoryException(String device, long asked, long free) {
        super(("%s: %,d bytes asked for, %,d free; a smaller --batch-size, a shorter --max-length or"
                        + " --gradient-checkpointing needs less")
                .formatted(device, asked, free));
    }
}
