package dev.gradine.cuda.sim;

import java.util.ArrayList;
import java.util.List;

/// The bytes of shared memory that an instruction changed, in rows of 32, as text.
final class SharedTable {

    private static final int ROW = 32;
    private static final int MOST = 8;
    private static final int WIDTH = 9;

    private SharedTable() {}

    /// @param bf16 whether values are read as bf16, else as f32
    static List<String> changes(byte[] before, byte[] after, boolean bf16) {
        List<String> lines = new ArrayList<>();
        int rows = 0;
        for (int from = 0; from < after.length; from += ROW) {
            if (isSame(before, after, from)) continue;
            if (rows++ < MOST) lines.add(row(after, from, bf16));
        }
        if (rows > MOST) lines.add("... and %d more rows of shared memory".formatted(rows - MOST));
        return lines;
    }

    private static boolean isSame(byte[] before, byte[] after, int from) {
        for (int i = from; i < Math.min(from + ROW, after.length); i++) {
            if (i >= before.length || before[i] != after[i]) return false;
        }
        return true;
    }

    private static String row(byte[] bytes, int from, boolean bf16) {
        StringBuilder line = new StringBuilder("shared 0x%05x:".formatted(from));
        int size = bf16 ? 2 : 4;
        for (int at = from; at + size <= Math.min(from + ROW, bytes.length); at += size) {
            int bits = 0;
            for (int i = 0; i < size; i++) bits |= (bytes[at + i] & 0xff) << (8 * i);
            float x = bf16 ? Narrow.fromBf16(bits) : Float.intBitsToFloat(bits);
            line.append(LaneTable.pad(Float.isNaN(x) ? "-" : LaneTable.number(x), WIDTH));
        }
        return line.toString();
    }
}
