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
            for (int k = from; k < to; k++) walk(b, k, columns + 4L * k * b.n(), false);
        });
    }

    /// Adds `columns` to the values they were copied from. One thread adds all that belongs to a channel.
    void add(Block b, long columns) {
        int places = s.w().dim(2) * s.w().dim(3);
        Chunks.rows(s.groupChannels(), (long) places * b.n(), (from, to) -> {
            for (int k = from * places; k < to * places; k++) walk(b, k, columns + 4L * k * b.n(), true);
        });
    }

    /// Goes through row `k` of the columns, one row of windows after the other.
    private void walk(Block b, int k, long row, boolean add) {
        Axis along = s.windows().columns();
        int stride = along.stride();
        int right = k % s.w().dim(3) * along.dilation() - along.padding(); // from a window's position to this place
        int q = s.outWidth();
        int left = Math.clamp(Math.ceilDiv(-right, stride), 0, q); // first window whose place is in the image
        int end = Math.clamp(Math.floorDiv(s.width() - 1 - right, stride) + 1L, left, q);
        for (int at = 0, count; at < b.n(); at += count) {
            int first = (b.from() + at) % q;
            count = Math.min(q - first, b.n() - at);
            long line = line(b, k, (b.from() + at) / q);
            int from = line < 0 ? first + count : Math.clamp(left, first, first + count);
            int to = Math.clamp(end, from, first + count);
            long run = row + 4L * (at + from - first);
            long image = x + 4 * (line + (long) from * stride + right);
            if (add) {
                add(run, image, stride, to - from);
            } else {
                Vectors.fill(row + 4L * at, from - first, 0);
                copy(image, stride, run, to - from);
                Vectors.fill(run + 4L * (to - from), first + count - to, 0);
            }
        }
    }

    /// Index of the first value of the image row that row `k` reads for a row of windows, counted over all images; −1
    /// if it lies outside.
    private long line(Block b, int k, int windowRow) {
        int place = k / s.w().dim(3);
        int channel = b.group() * s.groupChannels() + place / s.w().dim(2);
        Axis down = s.windows().rows();
        int h = windowRow % s.outHeight() * down.stride() + place % s.w().dim(2) * down.dilation() - down.padding();
        if (h < 0 || h >= s.height()) return -1;
        int image = windowRow / s.outHeight();
        return (((long) image * s.channels() + channel) * s.height() + h) * s.width();
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
