package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.set;

import dev.gradine.tensor.cpu.Conv2dBlocks.Block;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dShapes;
import java.lang.foreign.MemorySegment;

/// Images as the matrix `columns[K,n]` of what lies under each window: row k belongs to one channel and one place of
/// the window, column j to one position of the window.
///
/// ```
/// columns[(c, r, s), (i, p, q)] = x[i, c, p · stride − padding + r · dilation, q · stride − padding + s · dilation]
/// ```
///
/// and 0 where that lies outside. Of a row of windows, those within the image are one run of values.
///
/// @param s sizes of the convolution
/// @param x where the images `[B,C,H,W]` begin
record Conv2dColumns(Conv2dShapes s, long x) {

    /// Copies the values under the windows of a block.
    void read(Block b, long columns) {
        Chunks.rows(b.windowValues(), b.n(), (from, to) -> {
            for (int k = from; k < to; k++) place(b, k).walk(columns + 4L * k * b.n(), false);
        });
    }

    /// Adds `columns` to the values they were copied from. One thread adds all that belongs to a channel.
    void add(Block b, long columns) {
        int places = s.w().dim(2) * s.w().dim(3);
        Chunks.rows(s.groupChannels(), (long) places * b.n(), (from, to) -> {
            for (int k = from * places; k < to * places; k++) place(b, k).walk(columns + 4L * k * b.n(), true);
        });
    }

    private Place place(Block b, int k) {
        int wide = s.w().dim(3);
        int high = s.w().dim(2);
        int channel = b.group() * s.groupChannels() + k / (high * wide);
        Axis rows = s.windows().rows();
        Axis columns = s.windows().columns();
        int down = k / wide % high * rows.dilation() - rows.padding();
        int right = k % wide * columns.dilation() - columns.padding();
        return new Place(this, b, channel, down, right);
    }

    /// One place of the window in one channel.
    ///
    /// @param down rows from the window's position to this place
    /// @param right columns from there
    private record Place(Conv2dColumns of, Block b, int channel, int down, int right) {

        /// Goes through the block's positions, row of windows by row.
        void walk(long row, boolean add) {
            Conv2dShapes s = of.s;
            int q = s.outWidth();
            int stride = s.windows().columns().stride();
            int left = Math.clamp(Math.ceilDiv(-right, stride), 0, q); // first window whose place is in the image
            int end = Math.clamp(Math.floorDiv(s.width() - 1 - right, stride) + 1L, left, q);
            for (int at = 0, count; at < b.n(); at += count) {
                int first = (b.from() + at) % q;
                count = Math.min(q - first, b.n() - at);
                long line = line((b.from() + at) / q);
                int from = line < 0 ? first + count : Math.clamp(left, first, first + count);
                int to = Math.clamp(end, from, first + count);
                long run = row + 4L * (at + from - first);
                long image = of.x + 4 * (line + (long) from * stride + right);
                if (add) {
                    add(run, image, stride, to - from);
                } else {
                    Vectors.fill(row + 4L * at, from - first, 0);
                    copy(image, stride, run, to - from);
                    Vectors.fill(run + 4L * (to - from), first + count - to, 0);
                }
            }
        }

        /// Index of the image row that this place has in a row of windows, counted over all images; −1 if outside.
        private long line(int windowRow) {
            Conv2dShapes s = of.s;
            int i = windowRow / s.outHeight();
            int h = windowRow % s.outHeight() * s.windows().rows().stride() + down;
            if (h < 0 || h >= s.height()) return -1;
            return (((long) i * s.channels() + channel) * s.height() + h) * s.width();
        }
    }

    private static void copy(long from, int stride, long to, int n) {
        if (stride == 1) {
            MemorySegment.copy(MEMORY, from, MEMORY, to, 4L * n);
        } else {
            for (int i = 0; i < n; i++) set(to, i, get(from, (long) i * stride));
        }
    }

    private static void add(long from, long to, int stride, int n) {
        if (stride == 1) {
            RowBlocks.add(from, to, 0, n);
        } else {
            for (int i = 0; i < n; i++) {
                long at = (long) i * stride;
                set(to, at, get(to, at) + get(from, i));
            }
        }
    }
}
