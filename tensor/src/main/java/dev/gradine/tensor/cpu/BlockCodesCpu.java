package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.set;
import static java.util.Objects.requireNonNull;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.BlockCodesKernel;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;

/// Eight-bit codes by a table of first guesses: the upper half of a float's bits leads to a code that is right or at
/// most a few too small, for numbers of a map lie no closer than these halves tell apart, near enough.
final class BlockCodesCpu implements BlockCodesKernel {

    static final BlockCodesKernel KERNEL = new BlockCodesCpu();

    private static final int BLOCKS_AT_ONCE = 64;
    private static final int HALVES = 1 << 16;

    /// A map as encoding reads it.
    private static final class Search {
        final float[] table;
        final float[] bounds; // between a number and the next; the last is infinite
        final byte[] guess = new byte[HALVES]; // by the upper half of the bits

        Search(CodeMap map) {
            table = map.table();
            bounds = new float[table.length];
            for (int i = 0; i < table.length - 1; i++) bounds[i] = (table[i] + table[i + 1]) * 0.5f;
            bounds[table.length - 1] = Float.POSITIVE_INFINITY;
            for (int half = 0; half < HALVES; half++) {
                int lowest = half << 16 | (half >= HALVES / 2 ? 0xffff : 0); // of a negative one the largest magnitude
                guess[half] = (byte) climb(0, Float.intBitsToFloat(lowest));
            }
        }

        private int climb(int from, float x) {
            int code = from;
            while (x > bounds[code]) code++;
            return code;
        }

        byte code(float x) {
            return (byte) climb(guess[Float.floatToRawIntBits(x) >>> 16] & 0xff, x);
        }
    }

    private static final Map<CodeMap, Search> SEARCHES = new EnumMap<>(CodeMap.class);

    static {
        for (CodeMap map : CodeMap.values()) SEARCHES.put(map, new Search(map));
    }

    private BlockCodesCpu() {}

    private static Search search(CodeMap map) {
        return requireNonNull(SEARCHES.get(map));
    }

    @Override
    public void encode(Tensor x, CodeMap map, Tensor codes, Tensor absmax) {
        int n = BlockCodesKernel.require(x, codes, absmax);
        long from = Native.address(x);
        long to = Native.writable(codes);
        long largest = Native.writable(absmax);
        Search search = search(map);
        blocks(n, (b, first, end) -> {
            float most = 0;
            for (int i = first; i < end; i++) most = Math.max(most, Math.abs(get(from, i)));
            set(largest, b, most);
            for (int i = first; i < end; i++) {
                MEMORY.set(ValueLayout.JAVA_BYTE, to + i, most == 0 ? 0 : search.code(get(from, i) / most));
            }
        });
    }

    @Override
    public void decode(Tensor codes, Tensor absmax, CodeMap map, Tensor x) {
        int n = BlockCodesKernel.require(x, codes, absmax);
        long from = Native.address(codes);
        long largest = Native.address(absmax);
        long to = Native.writable(x);
        float[] table = search(map).table;
        blocks(n, (b, first, end) -> {
            float most = get(largest, b);
            for (int i = first; i < end; i++) {
                set(to, i, table[MEMORY.get(ValueLayout.JAVA_BYTE, from + i) & 0xff] * most);
            }
        });
    }

    /// One block of values.
    private interface Block {
        void run(int b, int from, int to);
    }

    private static void blocks(int n, Block block) {
        int blocks = Math.ceilDiv(n, BLOCK);
        Parallel.forEach(Math.ceilDiv(blocks, BLOCKS_AT_ONCE), part -> {
            int end = Math.min(blocks, (part + 1) * BLOCKS_AT_ONCE);
            for (int b = part * BLOCKS_AT_ONCE; b < end; b++) block.run(b, b * BLOCK, Math.min(n, (b + 1) * BLOCK));
        });
    }
}
