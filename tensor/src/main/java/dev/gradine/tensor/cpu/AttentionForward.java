package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.AttentionTile.BLOCK;
import static dev.gradine.tensor.cpu.BlockProduct.COLUMNS;
import static dev.gradine.tensor.cpu.BlockProduct.ROWS;

import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;

/// Forward of blocked attention: Dao et al. 2022, algorithm 1, with tiles of queries in the outer loop. A part is one
/// tile of one head of one sequence.
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
        int parts = tiles * heads.heads();
        if (products > SMALL) Parallel.forEach(parts, part -> part(part / heads.heads(), part % heads.heads()));
        else for (int part = 0; part < parts; part++) part(part / heads.heads(), part % heads.heads());
    }

    private static int tiles(int queries) {
        return Math.ceilDiv(queries, BLOCK);
    }

    private void part(int tile, int head) {
        int s = 0;
        int rest = tile;
        for (; rest >= tiles(segments.queries(s)); s++) rest -= tiles(segments.queries(s));
        int queries = segments.queries(s);
        int first = (tiles(queries) - 1 - rest) * BLOCK; // later tiles see more keys: the long parts start first
        int end = Math.min(queries, first + BLOCK);
        if (queries <= FEW && segments.parent(s) < 0) for (int i = first; i < end; i++) row(s, head, i);
        else tile(s, head, first, end - first);
    }

    /// Bytes from the first key or value of head 0 to that of `key` of sequence `s`.
    private long keyAt(int s, int head, int key) {
        int group = head / (heads.heads() / heads.kvHeads());
        return 4L * ((long) (segments.keyStart(s) + key) * heads.kvHeads() + group) * heads.headDim();
    }

    private void row(int s, int head, int i) {
        int d = heads.headDim();
        int stride = heads.kvHeads() * d;
        long at = (long) (segments.queryStart(s) + i) * heads.heads() + head;
        long kAt = keyAt(s, head, 0);
        int visible = segments.keys(s) - segments.queries(s) + i + 1;
        float[] p = ThreadArrays.floats(AttentionTile.padded(visible));
        AttentionRow.scores(q + 4 * at * d, k + kAt, stride, d, heads.scale(), p, visible);
        Vectors.set(lse, at, AttentionRow.softmax(p, visible));
        AttentionRow.weighted(p, visible, v + kAt, stride, d, y + 4 * at * d);
    }

    private void tile(int s, int head, int first, int queries) {
        int d = heads.headDim();
        int stride = heads.heads() * d;
        long row = (long) (segments.queryStart(s) + first) * heads.heads() + head;
        AttentionTile t = AttentionTile.forward(d);
        t.transpose(q + 4 * row * d, stride, queries, heads.scale(), t.qTransposed);
        AttentionSoftmax.start(t);
        int parent = segments.parent(s);
        int shared = parent < 0 ? 0 : segments.keys(parent);
        if (shared > 0) keys(t, keyAt(parent, head, 0), shared, queries, shared, false);
        int ahead = segments.keys(s) - segments.queries(s) + first; // last key that query 0 of the tile sees
        keys(t, keyAt(s, head, 0), ahead + queries, queries, ahead, shared > 0);
        AttentionSoftmax.finish(t, queries, lse + 4 * row, heads.heads());
        t.unpack(t.out, queries, y + 4 * row * d, stride);
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
            block(t, keys, queries, ahead - key, add || key > 0);
        }
    }

    private void block(AttentionTile t, int keys, int queries, int ahead, boolean add) {
        int lanes = AttentionTile.padded(queries);
        int width = t.width();
        t.product.left(t.kRows, width, 1).right(t.qTransposed, BLOCK).into(t.scores, false);
        for (int j = 0; j < keys; j += ROWS) {
            int hidden = Math.clamp(j - ahead, 0, lanes) / COLUMNS * COLUMNS;
            t.product.rows(j * width, hidden, j * BLOCK + hidden, lanes - hidden, heads.headDim());
        }
        AttentionSoftmax.step(t, keys, lanes, ahead);
        if (add) AttentionSoftmax.rescale(t, queries);
        t.product.left(t.scores, 1, BLOCK).right(t.v, width).into(t.out, add);
        for (int i = 0; i < queries; i += ROWS) {
            int seen = Math.clamp((long) i + ROWS + ahead, 0, keys);
            t.product.rows(i, 0, i * width, width, seen);
        }
    }
}
