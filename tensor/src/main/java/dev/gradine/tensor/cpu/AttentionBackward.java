package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.AttentionTile.BLOCK;
import static dev.gradine.tensor.cpu.BlockProduct.COLUMNS;
import static dev.gradine.tensor.cpu.BlockProduct.ROWS;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Band;
import dev.gradine.tensor.kernel.Sequences;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Backward of blocked attention: Dao et al. 2022, algorithm 4.
///
/// ```
/// P = exp(cap(s) − lse)     dV = Pᵀ dY     dP = dY Vᵀ     D = Σ y · dy     dS = scale · P (dP − D) cap′(s)
/// dK = dSᵀ Q                dQ = dS K
/// ```
///
/// A part is one key head of one sequence and a range of its keys, so that each dk and dv is summed by one thread. How
/// long ranges are depends on the sequences alone: few and short ones are cut, at most into four, to make parts enough.
/// The first range that a tile of queries sees writes its dq, the others leave theirs beside it and are added in order.
record AttentionBackward(
        Arguments in, AttentionSpec spec, Sequences sequences, Outputs to, int rangeLength, long partials) {

    private static final int RANGES = 4;
    private static final int PARTS = 12;
    private static final ThreadLocal<Partials> PARTIALS = ThreadLocal.withInitial(Partials::new);

    /// What the gradient is made of.
    record Arguments(long dy, long y, long lse, long q, long k, long v) {}

    /// Where it goes.
    record Outputs(long dq, long dk, long dv) {}

    /// Memory for the later ranges' share of dq, kept from call to call.
    private static final class Partials {
        private MemorySegment values = MemorySegment.NULL;

        long room(long floats) {
            if (values.byteSize() < 4 * floats) values = Arena.ofAuto().allocate(4 * floats, Tensor.ALIGNMENT);
            return values.address();
        }
    }

    static void run(Arguments in, AttentionSpec spec, Sequences sequences, Outputs to) {
        int length = rangeLength(spec, sequences);
        int ranges = 0;
        int most = 1;
        for (int s = 0; s < sequences.count(); s++) {
            int own = Math.ceilDiv(sequences.keys(s), length);
            ranges += own;
            most = Math.max(most, own + Math.ceilDiv(sequences.sharedKeys(s), length));
        }
        long share = (long) sequences.queries() * spec.heads() * spec.headDim();
        long partials = PARTIALS.get().room((most - 1) * share);
        AttentionBackward b = new AttentionBackward(in, spec, sequences, to, length, partials);
        int groups = spec.kvHeads();
        Parallel.forEach(ranges * groups, part -> b.part(part / groups, part % groups));
        if (most > 1) Chunks.rows(sequences.queries(), (long) most * spec.heads() * spec.headDim(), b::addPartials);
        for (Sequences.Rows gap : sequences.gaps()) b.clear(gap);
    }

    /// Keys of no sequence have no gradient.
    private void clear(Sequences.Rows gap) {
        int row = spec.kvHeads() * spec.headDim();
        Vectors.fill(to.dk + 4L * gap.start() * row, gap.count() * row, 0);
        Vectors.fill(to.dv + 4L * gap.start() * row, gap.count() * row, 0);
    }

    private static int rangeLength(AttentionSpec spec, Sequences sequences) {
        int longest = 0;
        long keys = 0;
        for (int s = 0; s < sequences.count(); s++) {
            longest = Math.max(longest, sequences.keys(s));
            keys += sequences.keys(s);
        }
        long even = Math.ceilDiv(keys * spec.kvHeads(), PARTS);
        long length = Math.clamp(even, Math.ceilDiv(longest, RANGES), Math.max(1, longest));
        return (int) Math.ceilDiv(length, BLOCK) * BLOCK;
    }

    private int ranges(int s) {
        return Math.ceilDiv(sequences.keys(s), rangeLength);
    }

    /// Number of the range in which key `key` of those that sequence `s` reads lies: the ranges of its parent come
    /// first.
    private int rangeOf(int s, int key) {
        int shared = sequences.sharedKeys(s);
        return key < shared ? key / rangeLength : Math.ceilDiv(shared, rangeLength) + (key - shared) / rangeLength;
    }

    private void part(int range, int group) {
        int s = 0;
        int rest = range;
        for (; rest >= ranges(s); s++) rest -= ranges(s);
        int first = rest * rangeLength;
        keyRange(s, group, rest, first, Math.min(sequences.keys(s), first + rangeLength));
    }

    private void keyRange(int s, int group, int range, int firstKey, int endKey) {
        int d = spec.headDim();
        int keys = endKey - firstKey;
        int stride = spec.kvHeads() * d;
        long at = 4L * ((long) (sequences.keyStart(s) + firstKey) * spec.kvHeads() + group) * d;
        AttentionTile t = AttentionTile.backward(d, keys);
        t.pack(in.k + at, stride, keys, t.k);
        for (int key = 0; key < keys; key += BLOCK) {
            int n = Math.min(BLOCK, keys - key);
            t.transpose(in.k + at + 4L * key * stride, stride, n, spec.scale(), t.kTransposed + 4L * key * t.width());
            t.transpose(in.v + at + 4L * key * stride, stride, n, 1, t.vTransposed + 4L * key * t.width());
        }
        int shared = sequences.sharedKeys(s);
        queries(t, s, group, spec.band(sequences, s).fromKey(shared + firstKey, keys), rangeOf(s, shared + firstKey));
        for (int branch = s + 1; branch < sequences.count(); branch++) {
            if (sequences.parent(branch) != s) continue;
            queries(t, branch, group, spec.band(sequences, branch).fromKey(firstKey, keys), range);
        }
        t.unpack(t.dk, 0, keys, to.dk + at, stride);
        t.unpack(t.dv, 0, keys, to.dv + at, stride);
    }

    /// The keys of range number `range` of sequence `s` against those of its queries that see some of them.
    private void queries(AttentionTile t, int s, int group, Band band, int range) {
        int d = spec.headDim();
        int stride = spec.heads() * d;
        int perGroup = spec.perGroup();
        int end = Math.min(sequences.queries(s), band.keys() - band.first());
        for (int i = Math.max(0, -band.last()) / BLOCK * BLOCK; i < end; i += BLOCK) {
            int queries = Math.min(BLOCK, sequences.queries(s) - i);
            Band tile = band.fromQuery(i);
            long share = shareAt(range - firstRange(s, i));
            for (int head = group * perGroup; head < (group + 1) * perGroup; head++) {
                long row = (long) (sequences.queryStart(s) + i) * spec.heads() + head;
                load(t, row, queries);
                tile(t, queries, tile);
                t.unpack(t.out, 0, queries, share + 4 * row * d, stride);
            }
        }
    }

    /// Number of the first range that queries of sequence `s` from number `i` on see.
    private int firstRange(int s, int i) {
        return rangeOf(s, spec.band(sequences, s).fromQuery(i).begin());
    }

    /// Brings one tile of queries, their output gradients, lse and D into cache.
    private void load(AttentionTile t, long row, int queries) {
        int d = spec.headDim();
        int stride = spec.heads() * d;
        t.pack(in.q + 4 * row * d, stride, queries, t.q);
        t.pack(in.q + 4 * row * d, stride, queries, t.qRows, 0);
        t.pack(in.dy + 4 * row * d, stride, queries, t.dy);
        t.pack(in.dy + 4 * row * d, stride, queries, t.dyRows, 0);
        delta(t, row, queries);
    }

    private void delta(AttentionTile t, long row, int queries) {
        int d = spec.headDim();
        for (int i = 0; i < queries; i++) {
            long at = row + (long) i * spec.heads();
            t.max[i] = Vectors.get(in.lse, at);
            t.sum[i] = Vectors.dot(in.y + 4 * at * d, in.dy + 4 * at * d, d);
        }
    }

    /// Adds into dk and dv, and computes the tile's share of dq.
    private void tile(AttentionTile t, int queries, Band band) {
        int end = band.end(queries);
        int begin = band.begin() / BLOCK * BLOCK;
        boolean capped = spec.softCap() > 0;
        for (int key = begin; key < end; key += BLOCK) {
            Band block = band.fromKey(key, Math.min(BLOCK, end - key));
            scores(t, queries, block, key * t.width());
            if (capped) AttentionCap.gradient(t, queries, block, spec.softCap());
            AttentionSoftmax.hide(t, queries, block);
            AttentionSoftmax.gradient(t, queries, block, spec.scale(), capped);
            keyGradients(t, queries, block, key * t.width());
            queryGradient(t, queries, block, key * t.width(), key > begin);
        }
    }

    /// S and dP of one block of keys, which begins `at` values behind the first.
    private void scores(AttentionTile t, int queries, Band band, int at) {
        BlockProduct p = t.product;
        score(p.left(t.qRows, t.width(), 1).right(t.kTransposed, BLOCK).into(t.scores, false), t, queries, band, at);
        score(p.left(t.dyRows, t.width(), 1).right(t.vTransposed, BLOCK).into(t.dScores, false), t, queries, band, at);
    }

    private void score(BlockProduct p, AttentionTile t, int queries, Band band, int at) {
        for (int i = 0; i < queries; i += ROWS) {
            int from = Math.clamp((long) i + band.first(), 0, band.keys()) / COLUMNS * COLUMNS;
            int to = AttentionTile.padded(Math.clamp((long) i + ROWS + band.last(), 0, band.keys()));
            if (from < to) p.rows(i * t.width(), at + from, i * BLOCK + from, to - from, spec.headDim());
        }
    }

    /// dV += Pᵀ dY, dK += dSᵀ Q.
    private void keyGradients(AttentionTile t, int queries, Band band, int at) {
        BlockProduct p = t.product;
        keyGradient(p.left(t.scores, 1, BLOCK).right(t.dy, t.width()).into(t.dv, true), t, queries, band, at);
        keyGradient(p.left(t.dScores, 1, BLOCK).right(t.q, t.width()).into(t.dk, true), t, queries, band, at);
    }

    private void keyGradient(BlockProduct p, AttentionTile t, int queries, Band band, int at) {
        int width = t.width();
        for (int j = 0; j < band.keys(); j += ROWS) {
            int first = Math.max(0, j - band.last()); // the first query that sees key j
            int end = Math.min(queries, j + ROWS - band.first()); // behind the last that sees one of ROWS keys
            if (first < end) p.rows(first * BLOCK + j, first * width, at + j * width, width, end - first);
        }
    }

    /// dQ (+)= dS K.
    private void queryGradient(AttentionTile t, int queries, Band band, int at, boolean add) {
        int width = t.width();
        t.product.left(t.dScores, BLOCK, 1).right(t.k, width).into(t.out, add);
        for (int i = 0; i < queries; i += ROWS) {
            int from = Math.clamp((long) i + band.first(), 0, band.keys());
            int to = Math.clamp((long) i + ROWS + band.last(), 0, band.keys());
            t.product.rows(i * BLOCK + from, at + from * width, i * width, width, to - from);
        }
    }

    /// Where a share of dq is gathered: the first in place.
    private long shareAt(int share) {
        long values = (long) sequences.queries() * spec.heads() * spec.headDim();
        return share == 0 ? to.dq : partials + 4 * (share - 1L) * values;
    }

    private void addPartials(int from, int end) {
        for (int s = 0; s < sequences.count(); s++) {
            int start = sequences.queryStart(s);
            int last = Math.min(end - start, sequences.queries(s));
            for (int i = Math.max(0, from - start) / BLOCK * BLOCK; i < last; i += BLOCK) {
                int queries = Math.min(BLOCK, sequences.queries(s) - i);
                Band band = spec.band(sequences, s).fromQuery(i);
                int shares = rangeOf(s, band.end(queries) - 1) - rangeOf(s, band.begin());
                for (int share = 1; share <= shares; share++) {
                    addShare(share, Math.max(from, start + i), Math.min(end, start + i + queries));
                }
            }
        }
    }

    private void addShare(int share, int from, int end) {
        int stride = spec.heads() * spec.headDim();
        for (int row = from; row < end; row++) {
            AttentionRow.add(shareAt(share) + 4L * row * stride, to.dq + 4L * row * stride, stride);
        }
    }
}
