package dev.gradine.cli.doctor;

import dev.gradine.tensor.Device;
import java.util.List;

/// Whether there is a GPU, or why not.
public final class DeviceCheck {

    private DeviceCheck() {}

    /// The GPU, or why there is none.
    ///
    /// @param all devices there are
    public static Finding of(List<Device> all) {
        for (Device d : all) {
            if (!d.name().equals("cuda")) continue;
            String why = d.whyMissing();
            if (!why.isEmpty()) return Finding.fine("gpu", "none: " + why);
            return Finding.fine(
                    "gpu", "one is here, for --device cuda" + (d.note().isEmpty() ? "" : "; " + d.note()));
        }
        return Finding.fine("gpu", "none: this build has no kernels for one");
    }
}
