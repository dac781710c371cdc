package dev.gradine.cuda.sim.ptx;

import java.util.List;
import java.util.stream.Collectors;

/// What an instruction works on. Its text is as PTX writes it.
public sealed interface Operand {

    /// A register of the entry.
    ///
    /// @param name as in the text, such as `%r3`
    /// @param index its place in `Entry.registers`
    record Register(String name, int index) implements Operand {
        @Override
        public String toString() {
            return name;
        }
    }

    /// A predicate register whose opposite is meant: `!%p1`.
    record Not(Register register) implements Operand {
        @Override
        public String toString() {
            return "!" + register;
        }
    }

    /// A register of the machine, such as `%tid.x`.
    record Special(String name) implements Operand {
        @Override
        public String toString() {
            return name;
        }
    }

    /// A number in the text.
    ///
    /// @param bits an integer, or the bits of the number
    /// @param kind how it was written
    record Immediate(long bits, Kind kind) implements Operand {
        @Override
        public String toString() {
            return switch (kind) {
                case INTEGER -> Long.toString(bits);
                case F32 -> "0f%08X".formatted((int) bits);
                case F64 -> "0d%016X".formatted(bits);
            };
        }
    }

    /// How a number was written: as integer, as `0f` and eight digits, or as `0d` and sixteen (or with a
    /// point).
    enum Kind {
        INTEGER,
        F32,
        F64
    }

    /// Name of a variable or a parameter; its value is an address.
    record Symbol(String name) implements Operand {
        @Override
        public String toString() {
            return name;
        }
    }

    /// Where a branch goes.
    ///
    /// @param target index into `Entry.instructions`; their number for the end of the entry
    record Label(String name, int target) implements Operand {
        @Override
        public String toString() {
            return name;
        }
    }

    /// `[base + offset]`.
    ///
    /// @param base a register, a symbol or an immediate
    record Address(Operand base, long offset) implements Operand {
        @Override
        public String toString() {
            return offset == 0 ? "[" + base + "]" : "[" + base + "+" + offset + "]";
        }
    }

    /// `[map, {x, y, …}]`: a box of a tensor.
    ///
    /// @param map a register that holds the address of a tensor map
    /// @param coordinates where the box begins, along the dimension of neighbours first
    record Box(Operand map, List<Operand> coordinates) implements Operand {
        @Override
        public String toString() {
            return "[" + map + ", " + new Vector(coordinates) + "]";
        }
    }

    /// `{a, b, …}`.
    record Vector(List<Operand> elements) implements Operand {
        @Override
        public String toString() {
            return elements.stream().map(Operand::toString).collect(Collectors.joining(", ", "{", "}"));
        }
    }

    /// `a|b`: two results of one instruction.
    record Pair(Operand first, Operand second) implements Operand {
        @Override
        public String toString() {
            return first + "|" + second;
        }
    }

    /// `_`: a result nobody wants.
    record Sink() implements Operand {
        @Override
        public String toString() {
            return "_";
        }
    }
}
