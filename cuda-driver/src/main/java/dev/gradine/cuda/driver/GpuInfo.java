package dev.gradine.cuda.driver;

/// One GPU.
///
/// @param ordinal number that the driver gives it
/// @param name such as `NVIDIA H200`
/// @param capability 80, 90
public record GpuInfo(int ordinal, String name, int capability) {

    @Override
    public String toString() {
        return name + " (sm_" + capability + ")";
    }
}
