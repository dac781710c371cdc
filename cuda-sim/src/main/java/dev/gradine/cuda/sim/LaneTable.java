package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The values of a register as text: one line where the lanes follow a rule, else a table of four times eight lanes.
final class LaneTable {

    private static final int COLUMNS = 8;
    private static final int WIDTH = 11;
    private static final long LARGE = 1 << 24;

    private LaneTable() {}

    /// How bits are read.
    enum Style {
        PREDICATE,
        INTEGER,
        ADDRESS,
        BF16,
        /// Two in 32 bits, the lower half first.
        BF16_PAIR,
        FLOAT,
        DOUBLE;

        /// How a register of that type is read.
        ///
        /// @param halves whether 32 bits hold two values
        /// @param bf16 whether 16 bits hold a bf16
        static Style of(PtxType type, boolean halves, boolean bf16) {
            return switch (type) {
                case PRED -> PREDICATE;
                case F32, TF32 -> FLOAT;
                case F64 -> DOUBLE;
                default -> type.bytes() == 4 && halves ? BF16_PAIR : type.bytes() == 2 && bf16 ? BF16 : integer(type);
            };
        }

        private static Style integer(PtxType type) {
            return type.bytes() == 8 ? ADDRESS : INTEGER;
        }
    }

    /// The register of that name; lanes that are not in `mask` are left out.
    static List<String> lines(String name, Style style, long[] values, int mask) {
        String head = "%-6s ".formatted(name);
        String rule = rule(style, values, mask);
        if (!rule.isEmpty()) return List.of(head + rule);
        List<String> lines = new ArrayList<>();
        for (int from = 0; from < values.length; from += COLUMNS) {
            StringBuilder line = new StringBuilder(from == 0 ? head : " ".repeat(head.length()));
            line.append("%2d:".formatted(from));
            for (int lane = from; lane < from + COLUMNS; lane++) {
                boolean there = ((mask >> lane) & 1) != 0;
                line.append(
                        pad(there ? text(style, values[lane]) : ".", style == Style.BF16_PAIR ? 2 * WIDTH - 4 : WIDTH));
            }
            lines.add(line.toString());
        }
        return lines;
    }

    /// `7 in all lanes`, `0x80 + 16·lane`, or nothing.
    private static String rule(Style style, long[] values, int mask) {
        int first = Integer.numberOfTrailingZeros(mask);
        if (first == values.length) return "";
        int rest = mask & (mask - 1);
        int second = rest == 0 ? first : Integer.numberOfTrailingZeros(rest);
        long step = first == second ? 0 : (values[second] - values[first]) / (second - first);
        for (int lane = first; lane < values.length; lane++) {
            if (((mask >> lane) & 1) != 0 && values[lane] != values[first] + step * (lane - first)) return "";
        }
        if (step == 0) return text(style, values[first]) + (rest == 0 ? " in lane " + first : " in all lanes");
        if (style != Style.INTEGER && style != Style.ADDRESS) return "";
        long start = values[first] - step * first;
        return (start == 0 ? "" : text(style, start) + " + ") + (step == 1 ? "lane" : step + "·lane");
    }

    private static String text(Style style, long bits) {
        return switch (style) {
            case PREDICATE -> bits == 0 ? "false" : "true";
            case INTEGER -> Math.abs((long) (int) bits) < LARGE ? "" + (int) bits : "0x%x".formatted((int) bits);
            case ADDRESS -> bits == (int) bits && bits < 0 ? "" + bits : "0x%x".formatted(bits);
            case BF16 -> number(Narrow.fromBf16((int) bits));
            case BF16_PAIR -> number(Narrow.fromBf16((int) bits)) + ", " + number(Narrow.fromBf16((int) bits >>> 16));
            case FLOAT -> number(Float.intBitsToFloat((int) bits));
            case DOUBLE -> number(Double.longBitsToDouble(bits));
        };
    }

    /// Four digits, and no more of an integer than needed.
    static String number(double x) {
        if (x == Math.rint(x) && Math.abs(x) < 1e6) return "" + (long) x;
        if (Double.isNaN(x) || Double.isInfinite(x)) return "" + x;
        boolean fixed = Math.abs(x) >= 1e-3 && Math.abs(x) < 1e6;
        return String.format(Locale.ROOT, fixed ? "%.4g" : "%.2e", x);
    }

    static String pad(String text, int width) {
        return " ".repeat(Math.max(1, width - text.length())) + text;
    }
}
