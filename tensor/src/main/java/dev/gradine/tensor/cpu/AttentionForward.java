package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Forward of blocked attention: Dao et al. 2022, algorithm 1, with tiles of queries in the outer loop. A part is one
/// tile of one head of one sequence.
record AttentionForward(
        MemorySegment q,
        MemorySegment k,
        MemorySegment v,
        Heads heads,
        Segments segments,
        MemorySegment y,
        MemorySegment lse) {

    private static final int BLOCK = AttentionTile.BLOCK;
    private static final int FEW = 3; // queries for which a tile would be mostly padding
    private static final long SMALL = 1L << 16; // products of queries and keys done before another thread has woken up

    static void run(Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor y, Tensor lse) {
        AttentionForward f = new AttentionForward(q.data(), k.data(), v.data(), heads, segments, y.data(), lse.data());
        int tiles = 0;
        long products = 0;
        for (int s = 0; s < segments.count(); s++) {
            tiles += tiles(segments.queries(s));
            long keys = segments.keys(s);
            if (segments.parent(s) >= 0) keys += segments.keys(segments.parent(s));
            products += segments.queries(s) * keys * heads.heads() * heads.headDim();
        }
        int parts = tiles * heads.heads();
        if (products > SMALL) Parallel.forEach(parts, part -> f.part(part / heads.heads(), part % heads.heads()));
        else for (int part = 0; part < parts; part++) f.part(part / heads.heads(), part % heads.heads());
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

    private long keyAt(int s, int head, int key) {
        int group = head / (heads.heads() / heads.kvHeads());
        return ((long) (segments.keyStart(s) + key) * heads.kvHeads() + group) * heads.headDim();
    }

    private void row(int s, int head, int i) {
        int d = heads.headDim();
        int stride = heads.kvHeads() * d;
        long at = (long) (segments.queryStart(s) + i) * heads.heads() + head;
        long kAt = keyAt(s, head, 0);
        int visible = segments.keys(s) - segments.queries(s) + i + 1;
        float[] p = ThreadArrays.floats(AttentionTile.padded(visible));
        AttentionRow.scores(q, at * d, k, kAt, stride, d, heads.scale(), p, visible);
        Vectors.set(lse, at, AttentionRow.softmax(p, visible));
        AttentionRow.weighted(p, visible, v, kAt, stride, d, y, at * d);
    }

    private void tile(int s, int head, int first, int queries) {
        int d = heads.headDim();
        int qStride = heads.heads() * d;
        long qAt = ((long) (segments.queryStart(s) + first) * heads.heads() + head) * d;
        int ahead = segments.keys(s) - segments.queries(s) + first; // last key that query 0 of the tile sees
        AttentionTile t = AttentionTile.of(d, BLOCK);
        AttentionTile.pack(q, qAt, qStride, queries, d, t.q);
        AttentionTile.transpose(t.q, queries, d, heads.scale(), t.qT);
        Arrays.fill(t.max, Float.NEGATIVE_INFINITY);
        Arrays.fill(t.sum, 0);
        int parent = segments.parent(s);
        boolean add = false;
        if (parent >= 0) add = keys(t, parent, head, segments.keys(parent), queries, segments.keys(parent), add);
        keys(t, s, head, ahead + queries, queries, ahead, add);
        for (int i = 0; i < queries; i++) {
            t.rescale[i] = 1 / t.sum[i];
            long at = (long) (segments.queryStart(s) + first + i) * heads.heads() + head;
            Vectors.set(lse, at, (float) (t.max[i] + Math.log(t.sum[i])));
        }
        t.scaleRows(t.rescale, queries, d);
        AttentionTile.unpack(t.out, queries, d, y, qAt, qStride);
    }

    /// The first `visible` keys of sequence `s`, in blocks; query i of the tile sees them up to key i + `ahead`.
    ///
    /// @param add whether the tile has seen other keys before
    /// @return whether it has seen some now
    private boolean keys(AttentionTile t, int s, int head, int visible, int queries, int ahead, boolean add) {
        for (int key = 0; key < visible; key += BLOCK) {
            block(t, keyAt(s, head, key), Math.min(BLOCK, visible - key), queries, ahead - key, add || key > 0);
        }
        return add || visible > 0;
    }

    private void block(AttentionTile t, long kAt, int keys, int queries, int ahead, boolean add) {
        int d = heads.headDim();
        int width = AttentionTile.padded(d);
        int lanes = AttentionTile.padded(queries);
        AttentionTile.pack(k, kAt, heads.kvHeads() * d, keys, d, t.k);
        AttentionTile.pack(v, kAt, heads.kvHeads() * d, keys, d, t.v);
        t.product.left(t.k, width, 1).right(t.qT, 0, lanes).into(t.scores, 0, 0, keys, d, false);
        if (keys > ahead + 1) t.hideFuture(keys, queries, ahead);
        t.softmaxStep(keys, queries);
        if (add) t.scaleRows(t.rescale, queries, d);
        t.product.left(t.scores, 1, lanes).right(t.v, 0, width).into(t.out, 0, 0, queries, keys, add);
    }
}
