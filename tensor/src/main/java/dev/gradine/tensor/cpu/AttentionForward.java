package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.AttentionTile.BLOCK;
import static dev.gradine.tensor.cpu.BlockProduct.COLUMNS;
import static dev.gradine.tensor.cpu.BlockProduct.ROWS;

import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Band;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;

/// Forward of blocked attention: Dao et al. 2022, algorithm 1, with tiles of queries in the outer loop. A part is one
/// tile of one sequence for all heads that read one key head, so that its keys are brought into cache once.
///
/// ```
/// for each block of keys:     Sᵀ = cap(k (scale · q)ᵀ)     P = exp(S − max)     out = rescale · out + P v
/// y = out / sum               lse = max + log sum
/// ```
///
/// Scores lie transposed, `[key][query]`, so that the softmax runs along lanes. What the mask hides is not
/// computed, up to the size of a tile of the product; blocks that no query of a tile sees are not even read.
///
/// @param byRow whether each query is computed as if it were alone
record AttentionForward(Addresses in, AttentionSpec spec, Sequences sequences, boolean byRow) {

    /// Of the operands.
    record Addresses(long q, long k, long v, long y, long lse) {}

    private static final int FEW = 3; // queries for which a tile would be mostly padding
    private static final long SMALL = 1L << 16; // products of queries and keys done before another thread has woken up

    void run() {
        int tiles = 0;
        long products = 0;
        for (int s = 0; s < sequences.count(); s++) {
            tiles += tiles(sequences.queries(s));
            products += (long) sequences.queries(s) * sequences.visibleKeys(s) * spec.heads() * spec.headDim();
        }
        int groups = spec.kvHeads();
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
        for (; rest >= tiles(sequences.queries(s)); s++) rest -= tiles(sequences.queries(s));
        int queries = sequences.queries(s);
        int first = (tiles(queries) - 1 - rest) * BLOCK; // later tiles see more keys: the long parts start first
        int end = Math.min(queries, first + BLOCK);
        if (queries <= FEW || byRow) for (int i = first; i < end; i++) rows(s, group, i);
        else tile(s, group, first, end - first);
    }

    /// Bytes from the first key or value of head 0 to that of a key that sequence `s` reads.
    private long keyAt(int s, int key, int group) {
        return 4L * ((long) sequences.row(s, key) * spec.kvHeads() + group) * spec.headDim();
    }

    private void rows(int s, int group, int i) {
        Band band = spec.band(sequences, s).fromQuery(i);
        int end = band.end(1);
        List<Run> seen = new ArrayList<>();
        for (int key = band.begin(); key < end; ) {
            int count = Math.min(end - key, sequences.run(s, key));
            seen.add(new Run(key - band.begin(), count, keyAt(s, key, group)));
            key += count;
        }
        long at = (long) (sequences.queryStart(s) + i) * spec.heads() + (long) group * spec.perGroup();
        for (int head = 0; head < spec.perGroup(); head++) row(at + head, seen, end - band.begin());
    }

    /// Keys that a query sees: `count` of them from number `from` on, whose rows follow one another. Where they are cut
    /// makes no difference to any bit.
    private record Run(int from, int count, long at) {}

    private void row(long at, List<Run> seen, int all) {
        int d = spec.headDim();
        int stride = spec.kvHeads() * d;
        float[] p = ThreadArrays.floats(AttentionTile.padded(all));
        for (Run r : seen) {
            AttentionRow.scores(in.q + 4 * at * d, in.k + r.at, stride, d, spec.scale(), p, r.from, r.count);
        }
        if (spec.softCap() > 0) AttentionCap.apply(p, 0, all, spec.softCap());
        Vectors.set(in.lse, at, AttentionRow.softmax(p, all));
        for (Run r : seen) AttentionRow.weighted(p, r.from, r.count, in.v + r.at, stride, d, in.y + 4 * at * d);
    }

    private void tile(int s, int group, int first, int queries) {
        int d = spec.headDim();
        int stride = spec.heads() * d;
        int perGroup = spec.perGroup();
        long row = (long) (sequences.queryStart(s) + first) * spec.heads() + (long) group * perGroup;
        AttentionTile t = AttentionTile.forward(d, perGroup);
        for (int head = 0; head < perGroup; head++) {
            long to = t.qTransposed + 4L * head * BLOCK * t.width();
            t.transpose(in.q + 4 * (row + head) * d, stride, queries, spec.scale(), to);
        }
        AttentionSoftmax.start(t);
        Band band = spec.band(sequences, s).fromQuery(first);
        int shared = sequences.sharedKeys(s);
        Queries of = new Queries(s, group, queries);
        boolean seen = shared > 0 && keys(t, of, 0, band.fromKey(0, shared), false);
        keys(t, of, shared, band.fromKey(shared, sequences.keys(s)), seen);
        for (int head = 0; head < perGroup; head++) {
            AttentionSoftmax.finish(t, head * BLOCK, queries, in.lse + 4 * (row + head), spec.heads());
            t.unpack(t.out, head * BLOCK, queries, in.y + 4 * (row + head) * d, stride);
        }
    }

    /// Queries of a tile, of the heads of a group.
    private record Queries(int sequence, int group, int count) {}

    /// Shows the queries of a tile what they see of the keys from number `from` on, in blocks.
    ///
    /// @param before whether the tile has seen other keys before
    /// @return whether it has now seen any
    private boolean keys(AttentionTile t, Queries of, int from, Band band, boolean before) {
        int end = band.end(of.count);
        boolean seen = before;
        for (int key = band.begin(); key < end; key += BLOCK) {
            int keys = Math.min(BLOCK, end - key);
            pack(t, of, from + key, keys);
            Band block = band.fromKey(key, keys);
            for (int first = 0; first < spec.perGroup() * BLOCK; first += BLOCK) {
                block(t, first, of.count, block, seen);
            }
            seen = true;
        }
        return seen;
    }

    /// Copies a block of keys and values, in as many pieces as there are between the ends of pages.
    private void pack(AttentionTile t, Queries of, int key, int keys) {
        int stride = spec.kvHeads() * spec.headDim();
        for (int done = 0; done < keys; ) {
            int count = Math.min(keys - done, sequences.run(of.sequence, key + done));
            long at = keyAt(of.sequence, key + done, of.group);
            t.pack(in.k + at, stride, count, t.kRows, done);
            t.pack(in.v + at, stride, count, t.v + 4L * done * t.width());
            done += count;
        }
    }

    /// One head, whose queries begin at `first` among those of its group, against one block of keys.
    private void block(AttentionTile t, int first, int queries, Band band, boolean add) {
        int lanes = AttentionTile.padded(queries);
        int width = t.width();
        int keys = band.keys();
        t.product
                .left(t.kRows, width, 1)
                .right(t.qTransposed + 4L * first * width, BLOCK)
                .into(t.scores, false);
        for (int j = 0; j < keys; j += ROWS) {
            int from = Math.clamp((long) j - band.last(), 0, lanes) / COLUMNS * COLUMNS;
            int to = AttentionTile.padded(Math.clamp((long) j + ROWS - band.first(), 0, lanes));
            if (from < to) t.product.rows(j * width, from, j * BLOCK + from, to - from, spec.headDim());
        }
        if (spec.softCap() > 0) AttentionCap.applyTransposed(t.scores, lanes, band, spec.softCap());
        AttentionSoftmax.step(t, first, lanes, band);
        if (add) AttentionSoftmax.rescale(t, first, queries);
        t.product.left(t.scores, 1, BLOCK).right(t.v, width).into(t.out, add);
        for (int i = 0; i < queries; i += ROWS) {
            int from = Math.clamp((long) i + band.first(), 0, keys);
            int to = Math.clamp((long) i + ROWS + band.last(), 0, keys);
            t.product.rows(from * BLOCK + i, from * width, (first + i) * width, width, to - from);
        }
    }
}
