package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Var;

/// A gated convolution over the last few tokens, in the place of attention.
///
/// ```
/// [b | c | x] = Win n         y = Wout (c ∘ conv(b ∘ x))
/// ```
///
/// Liquid AI 2025 (arXiv:2511.23404), section 2.
public record ShortConvolution(Linear in, CausalConvolution convolution, Linear out) implements Block.Mixer {

    @Override
    public KvCache.PerSequence keptOfSequence() {
        return convolution.kept(0);
    }

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> mixed(x, pass), n);
    }

    private Var mixed(Var n, Pass pass) {
        int c = convolution.channels();
        Var all = in.forward(n, pass);
        Var u = mul(sliceColumns(all, 0, c), sliceColumns(all, 2 * c, 3 * c));
        return out.forward(mul(sliceColumns(all, c, 2 * c), convolution.forward(u, pass)), pass);
    }
}
