package dev.gradine.cuda.sim;

import dev.gradine.gpu.TensorMap;

/// One box of a tensor while it is copied, row by row. Shared memory holds its rows one after the other,
/// their pieces of 16 bytes permuted as the swizzle says; what lies outside of the tensor is zero there,
/// and not written back.
final class TensorBox implements BulkSource {

    private static final int PIECE = 16;
    private static final int ALIGN = 128;
    private static final int PATTERN_ROWS = 8;

    private final EngineAccess access;
    private final TensorMap map;
    private final int[] first;
    private final int row;
    private final int rows;

    /// @param access of the lane that copies it
    /// @param first coordinates of its first value
    TensorBox(EngineAccess access, TensorMap map, int... first) {
        this.access = access;
        this.map = map;
        this.first = first;
        this.row = map.box().getFirst() * map.valueBytes();
        int count = 1;
        for (int b : map.box().subList(1, map.box().size())) count = Math.multiplyExact(count, b);
        this.rows = count;
    }

    /// Whether its rows are as long as its swizzle: how shorter ones lie is not known here.
    boolean fillsSwizzle() {
        return map.swizzle() == 0 || row == map.swizzle();
    }

    @Override
    public int bytes() {
        return Math.multiplyExact(row, rows);
    }

    @Override
    public int align() {
        return Math.max(ALIGN, map.swizzle() * PATTERN_ROWS);
    }

    @Override
    public void read(int at, byte[] content) {
        int width = width();
        for (int r = 0; r < rows; r++) {
            long from = address(r);
            if (from == 0 || width == 0) continue;
            Region region = access.read(from, width);
            int source = (int) (from - region.base);
            int start = row * r + skipped();
            for (int i = 0; i < width; ) {
                int count = Math.min(PIECE - (start + i) % PIECE, width - i);
                System.arraycopy(region.bytes, source + i, content, permuted(at + start + i) - at, count);
                i += count;
            }
        }
    }

    @Override
    public void write(int at, byte[] shared) {
        int width = width();
        for (int r = 0; r < rows; r++) {
            long to = address(r);
            if (to == 0 || width == 0) continue;
            Region region = access.write(to, width);
            int target = (int) (to - region.base);
            int start = row * r + skipped();
            for (int i = 0; i < width; ) {
                int count = Math.min(PIECE - (start + i) % PIECE, width - i);
                System.arraycopy(shared, permuted(at + start + i), region.bytes, target + i, count);
                i += count;
            }
        }
    }

    private int permuted(int address) {
        return map.swizzle() == 0 ? address : Descriptor.permuted(address, map.swizzle());
    }

    /// Bytes of a row before the tensor begins.
    private int skipped() {
        return (int) Math.min(Math.max(0, -(long) first[0]) * map.valueBytes(), row);
    }

    /// Bytes of a row that are in the tensor.
    private int width() {
        long begin = Math.max(0, first[0]);
        long end = Math.min(map.sizes().getFirst(), (long) first[0] + map.box().getFirst());
        return (int) Math.max(0, (end - begin) * map.valueBytes());
    }

    /// Where the part of row `r` that is in the tensor begins, 0 if nothing of it is.
    private long address(int r) {
        long address = map.address() + Math.max(0L, first[0]) * map.valueBytes();
        int left = r;
        for (int d = 1; d < first.length; d++) {
            long at = first[d] + (long) (left % map.box().get(d));
            left /= map.box().get(d);
            if (at < 0 || at >= map.sizes().get(d)) return 0;
            address += at * map.strides().get(d - 1);
        }
        return address;
    }
}
