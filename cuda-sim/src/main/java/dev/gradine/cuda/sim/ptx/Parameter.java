package dev.gradine.cuda.sim.ptx;

/// A parameter of an entry.
///
/// @param name as in the text
/// @param type of the value, or of an element where it is a structure passed as bytes
/// @param bytes size in all
/// @param offset of its first byte in the block of parameters
public record Parameter(String name, PtxType type, int bytes, int offset) {

    @Override
    public String toString() {
        return bytes == type.bytes()
                ? "." + type + " " + name
                : "." + type + " " + name + "[" + bytes / type.bytes() + "]";
    }
}
