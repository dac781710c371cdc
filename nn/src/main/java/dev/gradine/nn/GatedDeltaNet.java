package dev.gradine.nn;

import static dev.gradine.autograd.op.Concat.concatColumns;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.sigmoid;
import static dev.gradine.autograd.op.Functions.silu;
import static dev.gradine.autograd.op.Functions.softplus;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.RmsNorm.rmsNorm;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import java.util.Arrays;

/// A recurrence by the gated delta rule, in the place of attention.
///
/// ```
/// [q | k | v] = silu(conv([q | k | v]))         q ← q / |q| / √K         k ← k / |k|         per head
/// g = −exp(A) · softplus(a + d)                 β = σ(b)
/// y = Wout (rms(recurrence(q, k, v, g, β)) ∘ silu(z))          rms per head
/// ```
///
/// q, k, v, z, b, a are linear in n. Yang, Kautz & Hatamizadeh 2024 (arXiv:2412.06464), section 3.4;
/// `GatedRecurrence` has the formula of the recurrence. What is kept of a sequence is its state and
/// the last rows of the convolution.
///
/// @param decay A and d, `f32[H]`
/// @param norm of a head of D values
public record GatedDeltaNet(
        Projection projection,
        CausalConvolution convolution,
        Recurrence.Decay decay,
        Norm norm,
        Linear out,
        Recurrence recurrence)
        implements Block.Mixer {

    private static final float EPS = 1e-6f; // under the root of a length

    /// What is linear in the layer's input.
    ///
    /// @param qkv `f32[N,2·G·K+H·D]`
    /// @param z `f32[N,H·D]`
    /// @param b `f32[N,H]`
    /// @param a `f32[N,H]`
    public record Projected(Var qkv, Var z, Var b, Var a) {}

    /// From rows to what is linear in them.
    public interface Projection {
        /// Of `f32[N,C]`.
        Projected of(Var n, Pass pass);
    }

    /// Four linear layers, as in Qwen3.5.
    public record Apart(Linear qkv, Linear z, Linear b, Linear a) implements Projection {
        @Override
        public Projected of(Var n, Pass pass) {
            return new Projected(qkv.forward(n, pass), z.forward(n, pass), b.forward(n, pass), a.forward(n, pass));
        }
    }

    /// Two linear layers, whose outputs stand side by side for each key head, as in Qwen3-Next:
    ///
    /// ```
    /// [q₀ k₀ v₀ z₀ | q₁ k₁ v₁ z₁ | …]         [b₀ a₀ | b₁ a₁ | …]
    /// ```
    public record Grouped(Linear qkvz, Linear ba, Heads heads) implements Projection {
        @Override
        public Projected of(Var n, Pass pass) {
            Var all = qkvz.forward(n, pass);
            Var scalars = ba.forward(n, pass);
            int key = heads.keyDim();
            int value = heads.group() * heads.valueDim();
            Var q = part(all, 0, key);
            Var k = part(all, key, 2 * key);
            Var v = part(all, 2 * key, 2 * key + value);
            Var z = part(all, 2 * key + value, 2 * key + 2 * value);
            Var b = part(scalars, 0, heads.group());
            return new Projected(concatColumns(q, k, v), z, b, part(scalars, heads.group(), 2 * heads.group()));
        }

        private Var part(Var all, int from, int to) {
            int rows = all.shape().rows();
            Var apart = reshape(all, rows * heads.keyHeads(), all.shape().last() / heads.keyHeads());
            return reshape(sliceColumns(apart, from, to), rows, heads.keyHeads() * (to - from));
        }
    }

    @Override
    public KvCache.PerSequence keptOfSequence() {
        return convolution.kept(recurrence.heads().stateSize());
    }

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> mixed(x, pass), n);
    }

    private Var mixed(Var n, Pass pass) {
        Heads h = recurrence.heads();
        Projected p = projection.of(n, pass);
        Var qkv = silu(convolution.forward(p.qkv, pass));
        Var q = unit(sliceColumns(qkv, 0, h.keyWidth()), 1.0 / h.keyDim());
        Var k = unit(sliceColumns(qkv, h.keyWidth(), 2 * h.keyWidth()), 1 / Math.sqrt(h.keyDim()));
        Var v = sliceColumns(qkv, 2 * h.keyWidth(), 2 * h.keyWidth() + h.valueWidth());
        Var g = mul(
                softplus(add(p.a, decay.shift().on(n, pass))),
                neg(exp(decay.log().on(n, pass))));
        Var y = recurrence.of(new Recurrence.Read(q, k, v, g, sigmoid(p.b)), pass);
        Var normed = RowStep.perHead(norm, h.valueDim()).of(y, pass);
        return out.forward(mul(normed, silu(p.z)), pass);
    }

    /// Each head divided by its length, times `factor · √K`: x / sqrt(Σx² + ε) is the
    /// root-mean-square norm x / sqrt(mean(x²) + ε/K) over √K.
    private Var unit(Var x, double factor) {
        Heads h = recurrence.heads();
        float[] each = new float[h.keyDim()];
        Arrays.fill(each, (float) factor);
        Var w = x.tape().constant(x.tape().kernels().of(Shape.of(each.length), each));
        Var heads = reshape(x, x.shape().rows() * h.keyHeads(), h.keyDim());
        return reshape(rmsNorm(heads, w, EPS / h.keyDim()), x.shape().rows(), h.keyWidth());
    }
}
