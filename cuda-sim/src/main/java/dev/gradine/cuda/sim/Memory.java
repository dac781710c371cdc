package dev.gradine.cuda.sim;

import dev.gradine.cuda.sim.Accesses.Kind;
import dev.gradine.cuda.sim.Target.Space;
import dev.gradine.cuda.sim.ptx.Operand;
import dev.gradine.cuda.sim.ptx.PtxType;
import java.util.List;

/// `ld` and `st`, of one value or of two or four side by side.
final class Memory {

    private Memory() {}

    static Space space(Form f) {
        String name = f.takeOne("", "global", "shared", "shared::cta", "local", "const", "param", "param::entry");
        return switch (name) {
            case "global" -> Space.GLOBAL;
            case "shared", "shared::cta" -> Space.SHARED;
            case "local" -> Space.LOCAL;
            case "const" -> Space.CONST;
            case "param", "param::entry" -> Space.PARAM;
            default -> Space.GENERIC;
        };
    }

    /// What both have in common.
    ///
    /// @param registers slots of the values, -1 for one nobody wants
    /// @param isLong by value: whether its register has 64 bits
    /// @param outside bits that a shorter register keeps
    @SuppressWarnings("ArrayRecordComponent") // made once per instruction, never compared
    private record Transfer(Target target, PtxType type, int[] registers, boolean[] isLong, int outside) {

        int bytes() {
            return type.bytes() * registers.length;
        }
    }

    private static Transfer transfer(Form f, int addressAt, int valueAt) {
        boolean isVolatile = f.take("volatile");
        if (!isVolatile) f.ignore("relaxed", "weak", "acquire", "release", "cta", "gpu", "sys");
        Space space = space(f);
        f.ignore("nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt");
        f.ignore("L1::no_allocate", "L1::evict_first", "L1::evict_last", "L1::evict_normal", "L1::evict_unchanged");
        f.ignore("L2::64B", "L2::128B", "L2::256B", "L2::evict_first", "L2::evict_last", "L2::evict_normal");
        int count = Integer.parseInt(f.takeOne("v1", "v2", "v4").substring(1));
        PtxType type = f.takeType();
        f.finish(2);
        List<Operand> values = f.elements(valueAt);
        if (values.size() != count) throw f.error(values.size() + " values, expected " + count);
        if (count * type.bytes() > 16) throw f.error("more than 16 bytes");
        int[] registers = new int[count];
        boolean[] isLong = new boolean[count];
        for (int k = 0; k < count; k++) {
            Operand o = values.get(k);
            isLong[k] = o instanceof Operand.Register ? f.isLong(o) : type.bytes() == 8;
            registers[k] = o instanceof Operand.Sink ? -1 : f.slot(o, isLong[k] ? PtxType.B64 : type, false);
        }
        return new Transfer(f.target(addressAt, space), type, registers, isLong, f.outside(values.getFirst()));
    }

    static Step load(Form f) {
        Transfer t = transfer(f, 1, 0);
        int bytes = t.bytes();
        return (w, mask) -> {
            w.accesses.resolve(t.target, mask, bytes, Kind.READS);
            for (int k = 0; k < t.registers.length; k++) {
                if (t.registers[k] < 0) continue;
                if (t.isLong[k]) loadLong(w, t, k, mask);
                else loadInt(w, t, k, mask);
            }
        };
    }

    private static void loadLong(Warp w, Transfer t, int k, int mask) {
        long[] d = w.q[t.registers[k]];
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            d[lane] = get(w.accesses.regions[lane], w.accesses.offsets[lane] + k * t.type.bytes(), t.type);
        }
    }

    private static void loadInt(Warp w, Transfer t, int k, int mask) {
        int[] d = w.r[t.registers[k]];
        Region[] regions = w.accesses.regions;
        int[] offsets = w.accesses.offsets;
        if (t.type.bytes() == 4) {
            for (int m = mask; m != 0; m &= m - 1) {
                int lane = Integer.numberOfTrailingZeros(m);
                d[lane] = regions[lane].getInt(offsets[lane] + k * 4);
            }
            return;
        }
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            d[lane] = (int) get(regions[lane], offsets[lane] + k * t.type.bytes(), t.type) & t.outside;
        }
    }

    /// A value extended to 64 bits as its type says.
    private static long get(Region region, int at, PtxType type) {
        return switch (type) {
            case S8 -> region.bytes[at];
            case U8, B8 -> region.bytes[at] & 0xff;
            case S16 -> (short) region.getShort(at);
            case B16, U16, F16, BF16 -> region.getShort(at);
            case S32 -> region.getInt(at);
            default -> type.bytes() == 8 ? region.getLong(at) : region.getInt(at) & 0xffff_ffffL;
        };
    }

    static Step store(Form f) {
        Transfer t = transfer(f, 0, 1);
        if (t.target.space() == Space.CONST || t.target.space() == Space.PARAM)
            throw f.error("expected writable memory");
        int bytes = t.bytes();
        return (w, mask) -> {
            w.accesses.resolve(t.target, mask, bytes, Kind.WRITES);
            for (int k = 0; k < t.registers.length; k++) store(w, t, k, mask);
        };
    }

    private static void store(Warp w, Transfer t, int k, int mask) {
        int register = t.registers[k];
        int size = t.type.bytes();
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            long value = t.isLong[k] ? w.q[register][lane] : w.r[register][lane];
            set(w.accesses.regions[lane], w.accesses.offsets[lane] + k * size, value, size);
        }
    }

    static void set(Region region, int at, long value, int bytes) {
        switch (bytes) {
            case 1 -> region.bytes[at] = (byte) value;
            case 2 -> region.setShort(at, (int) value);
            case 4 -> region.setInt(at, (int) value);
            default -> region.setLong(at, value);
        }
    }
}
