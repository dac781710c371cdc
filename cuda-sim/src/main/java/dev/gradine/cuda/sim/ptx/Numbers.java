package dev.gradine.cuda.sim.ptx;

import dev.gradine.cuda.sim.ptx.Operand.Immediate;
import dev.gradine.cuda.sim.ptx.Operand.Kind;

/// Numbers as PTX writes them: `12`, `0x1F`, `7U`, `0f3F800000`, `0d3FF0000000000000`, `1.5`.
final class Numbers {

    private Numbers() {}

    static boolean isNumber(String word) {
        return !word.isEmpty() && Character.isDigit(word.charAt(0));
    }

    /// A number with its sign.
    static Immediate immediate(Tokens t) {
        boolean negative = t.accept("-");
        if (!negative) t.accept("+");
        String word = t.peek();
        if (!isNumber(word)) throw t.error("'" + word + "', expected a number");
        Immediate value = parse(t, word);
        t.take();
        return negative ? negate(value) : value;
    }

    private static Immediate negate(Immediate v) {
        return switch (v.kind()) {
            case INTEGER -> new Immediate(-v.bits(), v.kind());
            case F32 -> new Immediate(v.bits() ^ 0x8000_0000L, v.kind());
            case F64 -> new Immediate(v.bits() ^ Long.MIN_VALUE, v.kind());
        };
    }

    private static Immediate parse(Tokens t, String word) {
        try {
            if (word.length() == 10 && isPrefixed(word, 'f')) return bits(word, Kind.F32);
            if (word.length() == 18 && isPrefixed(word, 'd')) return bits(word, Kind.F64);
            if (word.contains(".")) {
                return new Immediate(Double.doubleToRawLongBits(Double.parseDouble(word)), Kind.F64);
            }
            String digits = word.endsWith("U") ? word.substring(0, word.length() - 1) : word;
            return new Immediate(integer(digits), Kind.INTEGER);
        } catch (NumberFormatException e) {
            throw new PtxException(t.file(), t.line(), "'" + word + "', expected a number of at most 64 bits");
        }
    }

    private static boolean isPrefixed(String word, char kind) {
        return word.charAt(0) == '0' && Character.toLowerCase(word.charAt(1)) == kind;
    }

    private static Immediate bits(String word, Kind kind) {
        return new Immediate(Long.parseUnsignedLong(word.substring(2), 16), kind);
    }

    private static long integer(String digits) {
        if (digits.length() > 2 && isPrefixed(digits, 'x')) return Long.parseUnsignedLong(digits.substring(2), 16);
        if (digits.length() > 2 && isPrefixed(digits, 'b')) return Long.parseUnsignedLong(digits.substring(2), 2);
        if (digits.length() > 1 && digits.charAt(0) == '0') return Long.parseUnsignedLong(digits, 8);
        return Long.parseUnsignedLong(digits);
    }

    /// An integer from 0 to `max`, for sizes and counts.
    static int size(Tokens t, String what, int max) {
        Immediate v = immediate(t);
        if (v.kind() != Kind.INTEGER || v.bits() < 0 || v.bits() > max) {
            throw t.error(what + " is " + v.bits() + ", expected 0 to " + max);
        }
        return (int) v.bits();
    }
}
