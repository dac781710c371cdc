package dev.gradine.cuda.sim.ptx;

/// Where an instruction stands: its line in the PTX text and, where the compiler left it, the line of the source.
///
/// @param ptxLine line of the PTX text, from 1
/// @param file name of the `.cu` or `.cuh` file, empty where unknown
/// @param line line in that file, 0 where unknown
public record Place(int ptxLine, String file, int line) {

    /// Whether the line of the source is known.
    public boolean hasSource() {
        return line > 0;
    }

    @Override
    public String toString() {
        return hasSource() ? "PTX line " + ptxLine + " (" + file + ":" + line + ")" : "PTX line " + ptxLine;
    }
}
