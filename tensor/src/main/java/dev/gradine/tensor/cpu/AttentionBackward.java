package dev.gradine.tensor.cpu;

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
/// A part is one key head of one sequence and a range of its keys, so that each dk and dv is summed by one thread. The
/// ranges, at most four, depend on the sequence's length alone; the first writes dq, the others leave theirs beside it
/// and are added in order.
record AttentionBackward(Arguments in, Heads heads, Segments segments, Outputs to, MemorySegment partials) {

    private static final int BLOCK = AttentionTile.BLOCK;
    private static final int SHORTEST_RANGE = 2 * BLOCK;
    private static final int RANGES = 4;
    private static final ThreadLocal<Partials> PARTIALS = ThreadLocal.withInitial(Partials::new);

    /// What the gradient is made of.
    record Arguments(
            MemorySegment dy, MemorySegment y, MemorySegment lse, MemorySegment q, MemorySegment k, MemorySegment v) {}

    /// Where it goes.
    record Outputs(MemorySegment dq, MemorySegment dk, MemorySegment dv) {}

    /// Memory for the later ranges' share of dq, kept from call to call.
    private static final class Partials {
        private MemorySegment values = MemorySegment.NULL;

        MemorySegment room(long floats) {
            if (values.byteSize() < 4 * floats) values = Arena.ofAuto().allocate(4 * floats, Tensor.ALIGNMENT);
            return values;
        }
    }

    static void run(Arguments in, Heads heads, Segments segments, Outputs to) {
        int ranges = 0;
        int most = 1;
        for (int s = 0; s < segments.count(); s++) {
            ranges += ranges(segments.keys(s));
            most = Math.max(most, firstShare(segments, s) + ranges(segments.keys(s)));
        }
        long share = (long) segments.queries() * heads.heads() * heads.headDim();
        MemorySegment partials = PARTIALS.get().room((most - 1) * share);
        AttentionBackward b = new AttentionBackward(in, heads, segments, to, partials);
        int groups = heads.kvHeads();
        Parallel.forEach(ranges * groups, part -> b.part(part / groups, part % groups));
        if (most > 1) Chunks.rows(segments.queries(), (long) most * heads.heads() * heads.headDim(), b::addPartials);
    }

    /// The share of dq that the first range of a sequence's own keys leaves: those of its parent come before.
    private static int firstShare(Segments segments, int s) {
        int parent = segments.parent(s);
        return parent < 0 ? 0 : ranges(segments.keys(parent));
    }

    private static int rangeLength(int keys) {
        int blocks = Math.ceilDiv(keys, RANGES * BLOCK);
        return Math.max(SHORTEST_RANGE, blocks * BLOCK);
    }

    private static int ranges(int keys) {
        return Math.ceilDiv(keys, rangeLength(keys));
    }

    private void part(int range, int group) {
        int s = 0;
        int rest = range;
        for (; rest >= ranges(segments.keys(s)); s++) rest -= ranges(segments.keys(s));
        int length = rangeLength(segments.keys(s));
        int first = rest * length;
        keyRange(s, group, rest, first, Math.min(segments.keys(s), first + length));
    }

    private void keyRange(int s, int group, int range, int firstKey, int endKey) {
        int d = heads.headDim();
        int keys = endKey - firstKey;
        int stride = heads.kvHeads() * d;
        long at = ((long) (segments.keyStart(s) + firstKey) * heads.kvHeads() + group) * d;
        AttentionTile t = AttentionTile.of(d, keys);
        AttentionTile.pack(in.k, at, stride, keys, d, t.k);
        AttentionTile.pack(in.v, at, stride, keys, d, t.v);
        t.clearKeyGradients(d, keys);
        int before = segments.keys(s) - segments.queries(s);
        queries(t, s, group, keys, before - firstKey, firstShare(segments, s) + range);
        for (int branch = s + 1; branch < segments.count(); branch++) {
            if (segments.parent(branch) == s) queries(t, branch, group, keys, keys, range);
        }
        AttentionTile.unpack(t.dk, keys, d, to.dk, at, stride);
        AttentionTile.unpack(t.dv, keys, d, to.dv, at, stride);
    }

    /// The range's `keys` keys against the queries of sequence `s` that see some of them: query i sees those up to
    /// i + `ahead`.
    private void queries(AttentionTile t, int s, int group, int keys, int ahead, int share) {
        int perGroup = heads.heads() / heads.kvHeads();
        int firstQuery = Math.max(0, -ahead) / BLOCK * BLOCK;
        for (int head = group * perGroup; head < (group + 1) * perGroup; head++) {
            for (int i = firstQuery; i < segments.queries(s); i += BLOCK) {
                int queries = Math.min(BLOCK, segments.queries(s) - i);
                load(t, segments.queryStart(s) + i, head, queries);
                tile(t, queries, Math.min(keys, ahead + i + queries), ahead + i);
                store(t, segments.queryStart(s) + i, head, queries, share);
            }
        }
    }

    /// Brings one tile of queries, their output gradients, lse and D into cache.
    private void load(AttentionTile t, int row, int head, int queries) {
        int d = heads.headDim();
        int stride = heads.heads() * d;
        long at = (long) row * stride + (long) head * d;
        AttentionTile.pack(in.q, at, stride, queries, d, t.q);
        AttentionTile.transpose(t.q, queries, d, heads.scale(), t.qT);
        AttentionTile.pack(in.dy, at, stride, queries, d, t.dy);
        AttentionTile.transpose(t.dy, queries, d, 1, t.dyT);
        int lanes = AttentionTile.padded(queries);
        for (int i = 0; i < lanes; i++) {
            boolean real = i < queries;
            long from = at + (long) i * stride;
            t.max[i] = real ? Vectors.get(in.lse, (long) (row + i) * heads.heads() + head) : 0;
            t.sum[i] = real ? Vectors.dot(in.y, from, in.dy, from, d) : 0;
        }
    }

    /// Adds into dk and dv, and writes the tile's dq to `out`.
    private void tile(AttentionTile t, int queries, int visible, int ahead) {
        int d = heads.headDim();
        int width = AttentionTile.padded(d);
        int lanes = AttentionTile.padded(queries);
        for (int key = 0; key < visible; key += BLOCK) {
            int keys = Math.min(BLOCK, visible - key);
            int at = key * width;
            t.product.left(t.k, width, 1).right(t.qT, 0, lanes).into(t.scores, 0, at, keys, d, false);
            if (keys > ahead - key + 1) t.hideFuture(keys, queries, ahead - key);
            t.product.left(t.v, width, 1).right(t.dyT, 0, lanes).into(t.dScores, 0, at, keys, d, false);
            t.softmaxGradient(keys, queries, heads.scale());
            t.product.left(t.scores, lanes, 1).right(t.dy, 0, width).into(t.dv, at, 0, keys, queries, true);
            t.product.left(t.dScores, lanes, 1).right(t.q, 0, width).into(t.dk, at, 0, keys, queries, true);
            t.product.left(t.dScores, 1, lanes).right(t.k, at, width).into(t.out, 0, 0, queries, keys, key > 0);
        }
    }

    private void store(AttentionTile t, int row, int head, int queries, int share) {
        int d = heads.headDim();
        int stride = heads.heads() * d;
        long at = shareAt(share) + (long) row * stride + (long) head * d;
        AttentionTile.unpack(t.out, queries, d, share == 0 ? to.dq : partials, at, stride);
    }

    private long shareAt(int share) {
        return share == 0 ? 0 : (share - 1L) * segments.queries() * heads.heads() * heads.headDim();
    }

    private void addPartials(int from, int end) {
        for (int s = 0; s < segments.count(); s++) {
            int first = Math.max(from, segments.queryStart(s));
            int last = Math.min(end, segments.queryStart(s + 1));
            int shares = firstShare(segments, s);
            for (int share = 1; share < shares; share++) addShare(share, first, last);
            int length = rangeLength(segments.keys(s));
            int before = segments.keys(s) - segments.queries(s);
            for (int range = 0; range < ranges(segments.keys(s)); range++) {
                int seeing = segments.queryStart(s) + Math.max(0, range * length - before) / BLOCK * BLOCK;
                if (shares + range > 0) addShare(shares + range, Math.max(first, seeing), last);
            }
        }
    }

    private void addShare(int share, int from, int end) {
        int stride = heads.heads() * heads.headDim();
        for (int row = from; row < end; row++) {
            AttentionRow.add(1, partials, shareAt(share) + (long) row * stride, to.dq, (long) row * stride, stride);
        }
    }
}
