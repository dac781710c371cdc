package dev.gradine.cuda;

/// Name of one kernel: an entry of a PTX file among the resources.
///
/// @param file stem of the `.cu` and `.ptx` files, such as `rms_norm`
/// @param entry `extern "C"` name in it, such as `rms_norm_forward`
public record Kernel(String file, String entry) {

    @Override
    public String toString() {
        return file + ".cu: " + entry;
    }
}
