package dev.gradine.cuda.sim.ptx;

import dev.gradine.cuda.sim.ptx.Operand.Immediate;
import dev.gradine.cuda.sim.ptx.Operand.Kind;
import dev.gradine.cuda.sim.ptx.Variable.Space;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;

/// Reads declarations of memory: `.const .align 4 .b8 table[64] = {0, 1, …};`
final class VariableParser {

    /// Far above what any kernel declares, far below what would exhaust this machine.
    private static final int MAX_BYTES = 1 << 24;

    private VariableParser() {}

    static PtxType type(Tokens t) {
        String word = t.peek();
        if (word.isEmpty() || !PtxType.isType(word.substring(1))) throw t.error("'" + word + "', expected a type");
        t.take();
        return PtxType.of(word.substring(1));
    }

    static int align(Tokens t) {
        int align = Numbers.size(t, "alignment", 1 << 10);
        if (Integer.bitCount(align) != 1) throw t.error("alignment is " + align + ", expected a power of two");
        return align;
    }

    /// A declaration with its semicolon; only an `extern` one may have no length.
    static Variable variable(Tokens t, boolean extern) {
        Space space = Space.valueOf(t.take().substring(1).toUpperCase(Locale.ROOT));
        int align = t.accept(".align") ? align(t) : 1;
        PtxType type = type(t);
        if (type.bytes() == 0) throw t.error("a predicate in memory, expected a type with a size");
        String name = t.take();
        int count = t.peek().equals("[") ? count(t, name, type, extern) : 1;
        byte[] initial = t.accept("=") ? initial(t, type, count) : new byte[0];
        t.expect(";");
        return new Variable(name, space, Math.max(align, type.bytes()), count * type.bytes(), initial);
    }

    private static int count(Tokens t, String name, PtxType type, boolean extern) {
        int count = 1;
        while (t.accept("[")) {
            if (t.accept("]")) {
                if (!extern) throw t.error(name + " has no length, expected one (only .extern may leave it out)");
                return 0;
            }
            count = Math.multiplyExact(count, Numbers.size(t, "length of " + name, MAX_BYTES / type.bytes() / count));
            if (count == 0) throw t.error(name + " has length 0, expected >= 1");
            t.expect("]");
        }
        return count;
    }

    private static byte[] initial(Tokens t, PtxType type, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(count * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        int depth = 0;
        do {
            while (t.accept("{")) depth++;
            if (bytes.remaining() < type.bytes()) throw t.error("more values than the " + count + " declared");
            put(t, bytes, type);
            while (depth > 0 && t.accept("}")) depth--;
        } while (depth > 0 && acceptComma(t));
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private static boolean acceptComma(Tokens t) {
        t.expect(",");
        return true;
    }

    private static void put(Tokens t, ByteBuffer bytes, PtxType type) {
        Immediate v = Numbers.immediate(t);
        boolean isWide = v.kind() == Kind.F64 && type == PtxType.F32;
        long bits = isWide ? Float.floatToRawIntBits((float) Double.longBitsToDouble(v.bits())) : v.bits();
        switch (type.bytes()) {
            case 1 -> bytes.put((byte) bits);
            case 2 -> bytes.putShort((short) bits);
            case 4 -> bytes.putInt((int) bits);
            default -> bytes.putLong(bits);
        }
    }
}
