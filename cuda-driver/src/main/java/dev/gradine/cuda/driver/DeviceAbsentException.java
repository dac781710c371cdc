package dev.gradine.cuda.driver;

/// A device was asked for that is not there.
public final class DeviceAbsentException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /// @param message names the device and what is missing
    public DeviceAbsentException(String message) {
        super(message);
    }
}
