package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.clamp;
import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.Functions.silu;
import static dev.gradine.autograd.op.Functions.softplus;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import java.util.stream.IntStream;

/// Mamba-2's state space, in the place of attention.
///
/// ```
/// [z | x | B | C | Δ] = Win n         [x | B | C] ← silu(conv([x | B | C]))
/// Δ ← clamp(softplus(Δ + d))          a = −exp(A) · Δ
/// y = recurrence(C, B, x, a, Δ) + D ∘ x             S_t = exp(a_t) S_{t−1} + Δ_t B_t x_tᵀ
/// out = Wout rms(y ∘ silu(z))                       rms over each of G groups of channels
/// ```
///
/// Dao & Gu 2024 (arXiv:2405.21060), section 7. The heads of a group read one B and one C.
///
/// @param in with outputs for z, x, B, C and Δ
/// @param norm over a row of H·D values, in groups
public record Mamba(Linear in, CausalConvolution convolution, Steps steps, Norm norm, Linear out, Recurrence recurrence)
        implements Block.Mixer {

    /// How long a token acts, and what of it passes the state by.
    ///
    /// @param decay A and d, `f32[H]`
    /// @param skip D, `f32[H]`
    /// @param least of Δ
    /// @param most of Δ, infinity for no bound
    public record Steps(Recurrence.Decay decay, Weight skip, float least, float most) {

        private Var of(Var delta, Pass pass) {
            Var positive = softplus(add(delta, decay.shift().on(delta, pass)));
            boolean isFree = least <= 0 && Float.isInfinite(most);
            return isFree ? positive : clamp(positive, least, most);
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
        int inner = h.valueWidth();
        int behind = inner + convolution.channels();
        Var all = in.forward(n, pass);
        Var z = sliceColumns(all, 0, inner);
        Var xbc = silu(convolution.forward(sliceColumns(all, inner, behind), pass));
        Var x = sliceColumns(xbc, 0, inner);
        Var b = sliceColumns(xbc, inner, inner + h.keyWidth());
        Var c = sliceColumns(xbc, inner + h.keyWidth(), inner + 2 * h.keyWidth());
        Var delta = steps.of(sliceColumns(all, behind, behind + h.valueHeads()), pass);
        Var a = mul(delta, neg(exp(steps.decay.log().on(n, pass))));
        Var y = add(recurrence.of(new Recurrence.Read(c, b, x, a, delta), pass), mul(x, skip(n, pass)));
        return out.forward(norm.forward(mul(y, silu(z)), pass), pass);
    }

    /// D for each channel, `f32[H·D]`.
    private Var skip(Var n, Pass pass) {
        Heads h = recurrence.heads();
        int[] head =
                IntStream.range(0, h.valueWidth()).map(i -> i / h.valueDim()).toArray();
        Var each = reshape(steps.skip.on(n, pass), h.valueHeads(), 1);
        return reshape(indexSelect(each, n.tape().kernels().ofInts(head)), h.valueWidth());
    }
}
