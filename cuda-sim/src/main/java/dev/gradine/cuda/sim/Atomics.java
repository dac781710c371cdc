package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Accesses.Kind;
import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.PtxType;

/// `atom` and `red`: read, change and write at once, lane after lane.
final class Atomics {

    private Atomics() {}

    /// The new value from the old one and the operands.
    @FunctionalInterface
    private interface Change {
        long of(long old, long b, long c);
    }

    /// @param returns whether the old value is wanted: `atom`, not `red`
    static Step step(Form f, boolean returns) {
        f.ignore("relaxed", "acquire", "release", "acq_rel", "cta", "gpu", "sys", "noftz");
        Space space = Memory.space(f);
        String op = f.takeFirst();
        PtxType type = f.takeType();
        boolean isCas = op.equals("cas");
        int first = returns ? 1 : 0;
        f.finish(first + (isCas ? 3 : 2));
        Target target = f.target(first, space);
        boolean isLong = type.bytes() == 8;
        int d = returns ? f.slot(0, type) : -1;
        int b = f.slot(first + 1, type);
        int c = isCas ? f.slot(first + 2, type) : b;
        int bytes = type.bytes();
        Change change = change(f, op, type, space);
        if (bytes < 4) throw f.error("expected 32 or 64 bits");
        return (w, mask) -> {
            w.accesses.resolve(target, mask, bytes, Kind.UPDATES);
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                Region region = w.accesses.regions[lane];
                int at = w.accesses.offsets[lane];
                long old = isLong ? region.getLong(at) : region.getInt(at);
                long operand = isLong ? w.q[b][lane] : w.r[b][lane];
                long third = isLong ? w.q[c][lane] : w.r[c][lane];
                Memory.set(region, at, change.of(old, operand, third), bytes);
                if (d < 0) continue;
                if (isLong) w.q[d][lane] = old;
                else w.r[d][lane] = (int) old;
            }
        };
    }

    private static Change change(Form f, String op, PtxType type, Space space) {
        if (op.equals("exch")) return (old, b, c) -> b;
        if (op.equals("cas")) return (old, b, c) -> old == b ? c : old;
        if (type.isFloat()) return floats(f, op, type, space);
        if (type.bytes() == 8) return longs(f, op, type.isSigned());
        Lanes.OneInt2 combine = combine(f, op, type);
        return (old, b, c) -> combine.of((int) old, (int) b);
    }

    /// Sums of f32 flush subnormals in global memory, not in shared memory.
    private static Change floats(Form f, String op, PtxType type, Space space) {
        if (!op.equals("add")) throw f.error("." + op + " is not known for floats");
        return switch (type) {
            case F32 ->
                space == Space.SHARED
                        ? (old, b, c) -> Floats.bits(single(old) + single(b))
                        : (old, b, c) -> Floats.bits(Floats.flush(Floats.flush(single(old)) + Floats.flush(single(b))));
            case F64 ->
                (old, b, c) -> Double.doubleToRawLongBits(Double.longBitsToDouble(old) + Double.longBitsToDouble(b));
            default -> throw f.error("." + op + " is not known for " + type);
        };
    }

    private static float single(long bits) {
        return Float.intBitsToFloat((int) bits);
    }

    private static Change longs(Form f, String op, boolean isSigned) {
        return switch (op) {
            case "add" -> (old, b, c) -> old + b;
            case "and" -> (old, b, c) -> old & b;
            case "or" -> (old, b, c) -> old | b;
            case "xor" -> (old, b, c) -> old ^ b;
            case "min" -> (old, b, c) -> compare(old, b, isSigned) < 0 ? old : b;
            case "max" -> (old, b, c) -> compare(old, b, isSigned) > 0 ? old : b;
            default -> throw f.error("." + op + " is not known for 64 bits");
        };
    }

    private static int compare(long a, long b, boolean isSigned) {
        return isSigned ? Long.compare(a, b) : Long.compareUnsigned(a, b);
    }

    /// Two integers of 32 bits to one, also for `redux`.
    static Lanes.OneInt2 combine(Form f, String op, PtxType type) {
        boolean isSigned = type.isSigned();
        return switch (op) {
            case "add" -> (a, b) -> a + b;
            case "and" -> (a, b) -> a & b;
            case "or" -> (a, b) -> a | b;
            case "xor" -> (a, b) -> a ^ b;
            case "min" -> (a, b) -> compare(a, b, isSigned) < 0 ? a : b;
            case "max" -> (a, b) -> compare(a, b, isSigned) > 0 ? a : b;
            case "inc" -> (a, b) -> Integer.compareUnsigned(a, b) >= 0 ? 0 : a + 1;
            case "dec" -> (a, b) -> a == 0 || Integer.compareUnsigned(a, b) > 0 ? b : a - 1;
            default -> throw f.error("." + op + " is not known here");
        };
    }

    private static int compare(int a, int b, boolean isSigned) {
        return isSigned ? Integer.compare(a, b) : Integer.compareUnsigned(a, b);
    }
}
