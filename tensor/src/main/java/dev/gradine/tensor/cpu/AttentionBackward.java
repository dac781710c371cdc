package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.AttentionTile.BLOCK;
import static dev.gradine.tensor.cpu.BlockProduct.ROWS;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Backward of blocked attention: Dao et al. 2022, algorithm 4.
///
/// ```
/// P = exp(s − lse)     dV = Pᵀ dY     dP = dY Vᵀ     D = Σ y · dy     dS = scale · P (dP − D)
/// dK = dSᵀ Q           dQ = dS K
/// ```
///
/// A part is one key head of one sequence and a range of its keys, so that each dk and dv is summed by one thread. How
/// long ranges are depends on the sequences alone: few and short ones are cut, at most into four, to make parts enough.
/// The first range that a query sees writes dq, the others leave theirs beside it and are added in order.
record AttentionBackward(Arguments in, Heads heads, Segments segments, Outputs to, int rangeLength, long partials) {

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

    static void run(Arguments in, Heads heads, Segments segments, Outputs to) {
        int length = rangeLength(heads, segments);
        int ranges = 0;
        int most = 1;
        for (int s = 0; s < segments.count(); s++) {
            int own = Math.ceilDiv(segments.keys(s), length);
            int parent = segments.parent(s);
            ranges += own;
            most = Math.max(most, own + (parent < 0 ? 0 : Math.ceilDiv(segments.keys(parent), length)));
        }
        long share = (long) segments.queries() * heads.heads() * heads.headDim();
        long partials = PARTIALS.get().room((most - 1) * share);
        AttentionBackward b = new AttentionBackward(in, heads, segments, to, length, partials);
        int groups = heads.kvHeads();
        Parallel.forEach(ranges * groups, part -> b.part(part / groups, part % groups));
        if (most > 1) Chunks.rows(segments.queries(), (long) most * heads.heads() * heads.headDim(), b::addPartials);
    }

    private static int rangeLength(Heads heads, Segments segments) {
        int longest = 0;
        for (int s = 0; s < segments.count(); s++) longest = Math.max(longest, segments.keys(s));
        long even = Math.ceilDiv((long) segments.keys() * heads.kvHeads(), PARTS);
        long length = Math.clamp(even, Math.ceilDiv(longest, RANGES), Math.max(1, longest));
        return (int) Math.ceilDiv(length, BLOCK) * BLOCK;
    }

    private int ranges(int s) {
        return Math.ceilDiv(segments.keys(s), rangeLength);
    }

    /// The share of dq that the first range of a sequence's own keys leaves: those of its parent come before.
    private int firstShare(int s) {
        int parent = segments.parent(s);
        return parent < 0 ? 0 : ranges(parent);
    }

    private void part(int range, int group) {
        int s = 0;
        int rest = range;
        for (; rest >= ranges(s); s++) rest -= ranges(s);
        int first = rest * rangeLength;
        keyRange(s, group, rest, first, Math.min(segments.keys(s), first + rangeLength));
    }

    private void keyRange(int s, int group, int range, int firstKey, int endKey) {
        int d = heads.headDim();
        int keys = endKey - firstKey;
        int stride = heads.kvHeads() * d;
        long at = 4L * ((long) (segments.keyStart(s) + firstKey) * heads.kvHeads() + group) * d;
        AttentionTile t = AttentionTile.backward(d, keys);
        t.pack(in.k + at, stride, keys, t.k);
        for (int key = 0; key < keys; key += BLOCK) {
            int n = Math.min(BLOCK, keys - key);
            t.transpose(in.k + at + 4L * key * stride, stride, n, heads.scale(), t.kTransposed + 4L * key * t.width());
            t.transpose(in.v + at + 4L * key * stride, stride, n, 1, t.vTransposed + 4L * key * t.width());
        }
        int before = segments.keys(s) - segments.queries(s);
        queries(t, s, group, keys, before - firstKey, firstShare(s) + range);
        for (int branch = s + 1; branch < segments.count(); branch++) {
            if (segments.parent(branch) == s) queries(t, branch, group, keys, keys, range);
        }
        t.unpack(t.dk, 0, keys, to.dk + at, stride);
        t.unpack(t.dv, 0, keys, to.dv + at, stride);
    }

    /// The range's `keys` keys against the queries of sequence `s` that see some of them: query i sees those up to
    /// i + `ahead`.
    private void queries(AttentionTile t, int s, int group, int keys, int ahead, int share) {
        int d = heads.headDim();
        int stride = heads.heads() * d;
        int perGroup = heads.heads() / heads.kvHeads();
        int firstQuery = Math.max(0, -ahead) / BLOCK * BLOCK;
        for (int i = firstQuery; i < segments.queries(s); i += BLOCK) {
            for (int head = group * perGroup; head < (group + 1) * perGroup; head++) {
                int queries = Math.min(BLOCK, segments.queries(s) - i);
                long row = (long) (segments.queryStart(s) + i) * heads.heads() + head;
                load(t, row, queries);
                tile(t, queries, Math.min(keys, ahead + i + queries), ahead + i);
                t.unpack(t.out, 0, queries, shareAt(share) + 4 * row * d, stride);
            }
        }
    }

    /// Brings one tile of queries, their output gradients, lse and D into cache.
    private void load(AttentionTile t, long row, int queries) {
        int d = heads.headDim();
        int stride = heads.heads() * d;
        t.pack(in.q + 4 * row * d, stride, queries, t.q);
        t.pack(in.q + 4 * row * d, stride, queries, t.qRows);
        t.pack(in.dy + 4 * row * d, stride, queries, t.dy);
        t.pack(in.dy + 4 * row * d, stride, queries, t.dyRows);
        delta(t, row, queries);
    }

    private void delta(AttentionTile t, long row, int queries) {
        int d = heads.headDim();
        for (int i = 0; i < queries; i++) {
            long at = row + (long) i * heads.heads();
            t.max[i] = Vectors.get(in.lse, at);
            t.sum[i] = Vectors.dot(in.y + 4 * at * d, in.dy + 4 * at * d, d);
        }
    }

    /// Adds into dk and dv, and computes the tile's share of dq.
    private void tile(AttentionTile t, int queries, int visible, int ahead) {
        for (int key = 0; key < visible; key += BLOCK) {
            int keys = Math.min(BLOCK, visible - key);
            int columns = Math.ceilDiv(keys, ROWS) * ROWS;
            scores(t, queries, keys, ahead - key, key * t.width());
            if (columns > ahead - key + 1) AttentionSoftmax.hideFuture(t, queries, columns, ahead - key);
            AttentionSoftmax.gradient(t, queries, columns, ahead - key, heads.scale());
            gradients(t, queries, keys, ahead - key, key * t.width());
        }
    }

    /// S and dP of one block of keys, which begins `at` values behind the first.
    private void scores(AttentionTile t, int queries, int keys, int ahead, int at) {
        score(
                t.product
                        .left(t.qRows, t.width(), 1)
                        .right(t.kTransposed, BLOCK)
                        .into(t.scores, false),
                t,
                queries,
                keys,
                ahead,
                at);
        score(
                t.product
                        .left(t.dyRows, t.width(), 1)
                        .right(t.vTransposed, BLOCK)
                        .into(t.dScores, false),
                t,
                queries,
                keys,
                ahead,
                at);
    }

    private void score(BlockProduct p, AttentionTile t, int queries, int keys, int ahead, int at) {
        for (int i = 0; i < queries; i += ROWS) {
            int columns = AttentionTile.padded(Math.clamp((long) i + ROWS + ahead, 0, keys));
            p.rows(i * t.width(), at, i * BLOCK, columns, heads.headDim());
        }
    }

    /// dV += Pᵀ dY, dK += dSᵀ Q, dQ (+)= dS K.
    private void gradients(AttentionTile t, int queries, int keys, int ahead, int at) {
        keyGradient(
                t.product.left(t.scores, 1, BLOCK).right(t.dy, t.width()).into(t.dv, true),
                t,
                queries,
                keys,
                ahead,
                at);
        keyGradient(
                t.product.left(t.dScores, 1, BLOCK).right(t.q, t.width()).into(t.dk, true),
                t,
                queries,
                keys,
                ahead,
                at);
        int width = t.width();
        t.product.left(t.dScores, BLOCK, 1).right(t.k, width).into(t.out, at > 0);
        for (int i = 0; i < queries; i += ROWS) {
            t.product.rows(i * BLOCK, at, i * width, width, Math.clamp((long) i + ROWS + ahead, 0, keys));
        }
    }

    private void keyGradient(BlockProduct p, AttentionTile t, int queries, int keys, int ahead, int at) {
        int width = t.width();
        for (int j = 0; j < keys; j += ROWS) {
            int first = Math.max(0, j - ahead); // the first query that sees key j
            if (first < queries) p.rows(first * BLOCK + j, first * width, at + j * width, width, queries - first);
        }
    }

    /// Where a share of dq is gathered: the first in place.
    private long shareAt(int share) {
        long values = (long) segments.queries() * heads.heads() * heads.headDim();
        return share == 0 ? to.dq : partials + 4 * (share - 1L) * values;
    }

    private void addPartials(int from, int end) {
        for (int s = 0; s < segments.count(); s++) {
            int first = Math.max(from, segments.queryStart(s));
            int last = Math.min(end, segments.queryStart(s + 1));
            int shares = firstShare(s);
            for (int share = 1; share < shares; share++) addShare(share, first, last);
            int before = segments.keys(s) - segments.queries(s);
            for (int range = 0; range < ranges(s); range++) {
                int seeing = segments.queryStart(s) + Math.max(0, range * rangeLength - before) / BLOCK * BLOCK;
                if (shares + range > 0) addShare(shares + range, Math.max(first, seeing), last);
            }
        }
    }

    private void addShare(int share, int from, int end) {
        int stride = heads.heads() * heads.headDim();
        for (int row = from; row < end; row++) {
            AttentionRow.add(shareAt(share) + 4L * row * stride, to.dq + 4L * row * stride, stride);
        }
    }
}
