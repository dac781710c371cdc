package dev.gradine.nn;

import static dev.gradine.autograd.op.Concat.concatColumns;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.SelfAttention.Qkv;
import dev.gradine.tensor.Shape;
import java.util.stream.IntStream;

/// Queries, keys and values from a narrow row that all heads share: multi-head latent attention.
///
/// ```
/// q = W x, or Wb · rms(Wa x)              of head h: [q_n | q_r]
/// [c | k_r] = Wkva x                       k_r: one for all heads
/// [k_n | v]_h = Wkvb · rms(c)
/// q_h = [q_n | rope(q_r)]      k_h = [k_n,h | rope(k_r)]
/// ```
///
/// DeepSeek-AI 2024 (arXiv:2405.04434), section 2.1, eq. 9 to 19. Heads of q and k are wider than those of v, or
/// narrower. The narrower ones are filled up with zeros, which changes no score and no sum. `narrowed` takes them
/// away again.
///
/// @param q from rows to queries of all heads
/// @param kvA Wkva
/// @param norm of c
/// @param kvB Wkvb
public record LatentProjections(RowStep q, Linear kvA, Norm norm, Linear kvB, Rotary rotary, Sizes sizes)
        implements Projections {

    /// Channels of the parts of a head.
    ///
    /// @param heads H
    /// @param still of q and k, which do not turn: n
    /// @param turning of q and k, which do: r
    /// @param values of v
    public record Sizes(int heads, int still, int turning, int values) {

        /// Channels D of a head as attention sees it.
        public int head() {
            return Math.max(still + turning, values);
        }
    }

    @Override
    public Qkv of(Var n, Pass pass) {
        Tape t = n.tape();
        Var queries = t.frame(x -> turned(q.of(x, pass), pass), n);
        Var latent = kvA.forward(n, pass);
        int width = latent.shape().last() - sizes.turning;
        Var both = t.frame(x -> kvB.forward(norm.forward(sliceColumns(x, 0, width), pass), pass), latent);
        Var keys = t.frame(x -> keys(x, latent, width, pass), both);
        Var values = t.frame(x -> values(x), both);
        return new Qkv(queries, keys, values);
    }

    private Var turned(Var q, Pass pass) {
        int rows = q.shape().rows();
        Var heads = perHead(q);
        Var turning = sliceColumns(heads, sizes.still, sizes.still + sizes.turning);
        Var turned = rotary.rotate(reshape(turning, rows, sizes.heads * sizes.turning), pass);
        Var there = reshape(turned, rows * sizes.heads, sizes.turning);
        return filled(sliceColumns(heads, 0, sizes.still), there, rows);
    }

    private Var keys(Var both, Var latent, int width, Pass pass) {
        int rows = both.shape().rows();
        Var still = sliceColumns(perHead(both), 0, sizes.still);
        Var turned = rotary.rotate(sliceColumns(latent, width, width + sizes.turning), pass);
        int[] row =
                IntStream.range(0, rows * sizes.heads).map(i -> i / sizes.heads).toArray();
        return filled(still, indexSelect(turned, both.tape().kernels().ofInts(row)), rows);
    }

    private Var values(Var both) {
        int rows = both.shape().rows();
        Var heads = perHead(both);
        Var v = sliceColumns(heads, sizes.still, sizes.still + sizes.values);
        if (sizes.head() > sizes.values) v = concatColumns(v, zeros(v, sizes.head() - sizes.values));
        return reshape(v, rows, sizes.heads * sizes.head());
    }

    private Var filled(Var still, Var turned, int rows) {
        int width = sizes.still + sizes.turning;
        Var all = sizes.head() == width
                ? concatColumns(still, turned)
                : concatColumns(still, turned, zeros(still, sizes.head() - width));
        return reshape(all, rows, sizes.heads * sizes.head());
    }

    private static Var zeros(Var like, int columns) {
        return like.tape()
                .constant(like.tape()
                        .kernels()
                        .zeros(like.value().dtype(), Shape.of(like.shape().rows(), columns)));
    }

    private Var perHead(Var x) {
        return reshape(x, x.shape().rows() * sizes.heads, x.shape().last() / sizes.heads);
    }

    /// What attention gives, without what values were filled up with: `[N,H·D] → [N,H·values]`.
    public RowStep narrowed() {
        if (sizes.head() == sizes.values) return RowStep.NONE;
        return (x, _) -> {
            Var heads = sliceColumns(perHead(x), 0, sizes.values);
            return reshape(heads, x.shape().rows(), sizes.heads * sizes.values);
        };
    }
}
