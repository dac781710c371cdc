package dev.gradine.cuda.sim.ptx;

/// A PTX text says something that is wrong or unknown here.
public final class PtxException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /// @param file name of the PTX text
    /// @param line line in it, from 1
    /// @param text what is wrong and what was expected
    public PtxException(String file, int line, String text) {
        super("%s: line %d: %s".formatted(file, line, text));
    }
}
