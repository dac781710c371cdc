package dev.gradine.gpu;

/// Name of one kernel: an entry of a PTX file among the resources.
///
/// @param file stem of the `.cu` and `.ptx` files, such as `rms_norm`; ends in `.sm_90a` where only Hopper takes them
/// @param entry `extern "C"` name in it, such as `rms_norm_forward`
public record Kernel(String file, String entry) {

    private static final String HOPPER = ".sm_90a";

    /// Whether it has instructions of Hopper alone, which no other GPU takes, older or newer.
    public boolean isHopper() {
        return file.endsWith(HOPPER);
    }

    @Override
    public String toString() {
        return file + ".cu: " + entry;
    }
}
