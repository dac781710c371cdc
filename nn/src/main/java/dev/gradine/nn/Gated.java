package dev.gradine.nn;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.autograd.op.SwiGlu;

/// Gated feed-forward layer.
///
/// ```
/// y = Wdown · (act(Wgate n) ∘ Wup n)
/// ```
///
/// Shazeer 2020 (arXiv:2002.05202), eq. 6, with SiLU or another function as gate.
public record Gated(Gate gate, Linear gateProj, Linear upProj, Linear downProj) implements Block.FeedForward {

    /// From `Wgate n` and `Wup n`, `f32[N,M]` each, to `act(Wgate n) ∘ Wup n`.
    @FunctionalInterface
    public interface Gate {
        /// The product.
        Var of(Var gate, Var up);
    }

    /// SiLU, as Llama has it.
    public static final Gate SILU = SwiGlu::swiGlu;

    /// GELU by its tanh approximation, as Gemma has it.
    public static final Gate GELU_TANH = Functions::geglu;

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> down(gate.of(gateProj.forward(x, pass), upProj.forward(x, pass)), pass), n);
    }

    private Var down(Var x, Pass pass) {
        return downProj.forward(x, pass);
    }
}
