package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.PtxType;

/// Sends an arithmetic instruction to the class for its type.
final class Arithmetic {

    private Arithmetic() {}

    static Step two(Form f, String opcode) {
        PtxType type = type(f);
        if (type.isFloat()) return FloatSteps.step(f, opcode, type);
        f.take(type.toString());
        return type.bytes() == 8 ? Longs.two(f, opcode, type) : Integers.two(f, opcode, type);
    }

    static Step one(Form f, String opcode) {
        PtxType type = type(f);
        if (type == PtxType.PRED) return Compare.predicates(f.taking("pred"), opcode);
        if (type.isFloat()) return FloatSteps.step(f, opcode, type);
        f.take(type.toString());
        return type.bytes() == 8 ? Longs.one(f, opcode, type) : Integers.one(f, opcode, type);
    }

    static Step logic(Form f, String opcode) {
        PtxType type = type(f);
        if (type == PtxType.PRED) return Compare.predicates(f.taking("pred"), opcode);
        f.take(type.toString());
        return type.bytes() == 8 ? Longs.two(f, opcode, type) : Integers.two(f, opcode, type);
    }

    /// `mul` and `mad`: of floats, or the lower half, the upper half or the whole of a product of integers.
    static Step product(Form f, String opcode) {
        PtxType type = type(f);
        if (type.isFloat()) return FloatSteps.step(f, opcode.equals("mad") ? "fma" : opcode, type);
        f.take(type.toString());
        boolean adds = opcode.equals("mad");
        boolean isLong = type.bytes() == 8;
        if (f.take("wide")) return Longs.wide(f, adds, type);
        if (f.take("hi")) return isLong ? Longs.high(f, adds, type) : Integers.high(f, adds, type);
        if (!f.take("lo")) throw f.error("expected .lo, .hi or .wide");
        if (adds) return isLong ? Longs.three(f, "mad.lo", type) : Integers.three(f, "mad.lo", type);
        return isLong ? Longs.two(f, "mul.lo", type) : Integers.two(f, "mul.lo", type);
    }

    static Step quotient(Form f, boolean isQuotient) {
        PtxType type = type(f);
        if (type.isFloat()) return FloatSteps.step(f, "div", type);
        f.take(type.toString());
        return Integers.divide(f, isQuotient, type);
    }

    static Step floats(Form f, String opcode) {
        return FloatSteps.step(f, opcode, type(f));
    }

    static Step shift(Form f, boolean isLeft) {
        return Integers.shift(f, isLeft, f.takeType());
    }

    /// The type stands last.
    private static PtxType type(Form f) {
        String last = f.instruction().modifiers().isEmpty()
                ? ""
                : f.instruction().modifiers().getLast();
        if (!PtxType.isType(last)) throw f.error("expected a type at the end");
        return PtxType.of(last);
    }
}
