package dev.gradine.cuda.sim.ptx;

import java.util.List;

/// One instruction, such as `@!%p1 ld.global.v2.f32 {%f1, %f2}, [%rd3+8]`.
///
/// @param place where it stands
/// @param guard none or one operand, `Register` or `Not`: where it is false the instruction is skipped
/// @param opcode first word, such as `ld`
/// @param modifiers the words after it, such as `global`, `v2`, `f32`
/// @param operands results first
/// @param text as it was written, without the guard, on one line
public record Instruction(
        Place place, List<Operand> guard, String opcode, List<String> modifiers, List<Operand> operands, String text) {

    /// Whether `modifier` is among the words after the opcode.
    public boolean has(String modifier) {
        return modifiers.contains(modifier);
    }

    /// The opcode with all its modifiers, such as `ld.global.v2.f32`.
    public String name() {
        return modifiers.isEmpty() ? opcode : opcode + "." + String.join(".", modifiers);
    }
}
