package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.AttentionTile.BLOCK;
import static dev.gradine.tensor.cpu.BlockProduct.COLUMNS;
import static dev.gradine.tensor.cpu.BlockProduct.ROWS;

import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;

/// Forward of blocked attention: Dao et al. 2022, algorithm 1, with tiles of queries in the outer loop. A part is one
/// tile of one sequence for all heads that read one key head, so that its keys are brought into cache once.
///
/// ```
/// for each block of keys:     Sᵀ = k (scale · q)ᵀ     P = exp(S − max)     out = rescale · out + P v
/// y = out / sum               lse = max + log sum
/// ```
///
/// Scores lie transposed, `[key][query]`, so that the softmax runs along lanes. What the diagonal hides is not
/// computed, up to the size of a tile of the product.
record AttentionForward(long q, long k, long v, Heads heads, Segments segments, long y, long lse) {

    private static final int FEW = 3; // queries for which a tile would be mostly padding
    private static final long SMALL = 1L << 16; // products of queries and keys done before another thread has woken up

    void run() {
        int tiles = 0;
        long products = 0;
        for (int s = 0; s < segments.count(); s++) {
            tiles += tiles(segments.queries(s));
            long keys = segments.keys(s);
            if (segments.parent(s) >= 0) keys += segments.keys(segments.parent(s));
            products += segments.queries(s) * keys * heads.heads() * heads.headDim();
        }
        int groups = heads.kvHeads();
        int parts = tiles * groups;
        if (products > SMALL) Parallel.forEach(parts, part -> part(part / groups, part % groups));
        else for (int part = 0; part < parts; part++) part(part / groups, part % groups);
    }

    private static int tiles(int queries) {
        return Math.ceilDiv(queries, BLOCK);
    }

    private void part(int tile, int group) {
        int s = 0;
        int rest = tile;
        for (; rest >= tiles(segments.queries(s)); s++) rest -= tiles(segments.queries(s));
        int queries = segments.queries(s);
        int first = (tiles(queries) - 1 - rest) * BLOCK; // later tiles see more keys: the long parts start first
        int end = Math.min(queries, first + BLOCK);
        if (queries <= FEW && segments.parent(s) < 0) for (int i = first; i < end; i++) rows(s, group, i);
        else tile(s, group, first, end - first);
    }

    private int perGroup() {
        return heads.heads() / heads.kvHeads();
    }

    /// Bytes from the first key or value of head 0 to that of key 0 of sequence `s`.
    private long keyAt(int s, int group) {
        return 4L * ((long) segments.keyStart(s) * heads.kvHeads() + group) * heads.headDim();
    }

    private void rows(int s, int group, int i) {
        int visible = segments.keys(s) - segments.queries(s) + i + 1;
        long at = (long) (segments.queryStart(s) + i) * heads.heads() + (long) group * perGroup();
        for (int head = 0; head < perGroup(); head++) row(at + head, keyAt(s, group), visible);
    }

    private void row(long at, long kAt, int visible) {
        int d = heads.headDim();
        int stride = heads.kvHeads() * d;
        float[] p = ThreadArrays.floats(AttentionTile.padded(visible));
        AttentionRow.scores(q + 4 * at * d, k + kAt, stride, d, heads.scale(), p, visible);
        Vectors.set(lse, at, AttentionRow.softmax(p, visible));
        AttentionRow.weighted(p, visible, v + kAt, stride, d, y + 4 * at * d);
    }

    private void tile(int s, int group, int first, int queries) {
        int d = heads.headDim();
        int stride = heads.heads() * d;
        long row = (long) (segments.queryStart(s) + first) * heads.heads() + (long) group * perGroup();
        AttentionTile t = AttentionTile.forward(d, perGroup());
        for (int head = 0; head < perGroup(); head++) {
            long to = t.qTransposed + 4L * head * BLOCK * t.width();
            t.transpose(q + 4 * (row + head) * d, stride, queries, heads.scale(), to);
        }
        AttentionSoftmax.start(t);
        int parent = segments.parent(s);
        int shared = parent < 0 ? 0 : segments.keys(parent);
        if (shared > 0) keys(t, keyAt(parent, group), shared, queries, shared, false);
        int ahead = segments.keys(s) - segments.queries(s) + first; // last key that query 0 of the tile sees
        keys(t, keyAt(s, group), ahead + queries, queries, ahead, shared > 0);
        for (int head = 0; head < perGroup(); head++) {
            AttentionSoftmax.finish(t, head * BLOCK, queries, lse + 4 * (row + head), heads.heads());
            t.unpack(t.out, head * BLOCK, queries, y + 4 * (row + head) * d, stride);
        }
    }

    /// `visible` keys from `at` on, in blocks; query i of the tile sees them up to key i + `ahead`.
    ///
    /// @param add whether the tile has seen other keys before
    private void keys(AttentionTile t, long at, int visible, int queries, int ahead, boolean add) {
        int stride = heads.kvHeads() * heads.headDim();
        for (int key = 0; key < visible; key += BLOCK) {
            int keys = Math.min(BLOCK, visible - key);
            t.pack(k + at + 4L * key * stride, stride, keys, t.kRows);
            t.pack(v + at + 4L * key * stride, stride, keys, t.v);
            for (int first = 0; first < perGroup() * BLOCK; first += BLOCK) {
                block(t, first, keys, queries, ahead - key, add || key > 0);
            }
        }
    }

    /// One head, whose queries begin at `first` among those of its group, against one block of keys.
    private void block(AttentionTile t, int first, int keys, int queries, int ahead, boolean add) {
        int lanes = AttentionTile.padded(queries);
        int width = t.width();
        t.product
                .left(t.kRows, width, 1)
                .right(t.qTransposed + 4L * first * width, BLOCK)
                .into(t.scores, false);
        for (int j = 0; j < keys; j += ROWS) {
            int hidden = Math.clamp(j - ahead, 0, lanes) / COLUMNS * COLUMNS;
            t.product.rows(j * width, hidden, j * BLOCK + hidden, lanes - hidden, heads.headDim());
        }
        AttentionSoftmax.step(t, first, keys, lanes, ahead);
        if (add) AttentionSoftmax.rescale(t, first, queries);
        t.product.left(t.scores, 1, BLOCK).right(t.v, width).into(t.out, add);
        for (int i = 0; i < queries; i += ROWS) {
            int seen = Math.clamp((long) i + ROWS + ahead, 0, keys);
            t.product.rows(i, 0, (first + i) * width, width, seen);
        }
    }
}
