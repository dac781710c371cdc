package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.LayerNorm.layerNorm;
import static dev.gradine.autograd.op.RmsNorm.rmsNorm;

import dev.gradine.autograd.Var;

/// A normalisation over the last axis.
public interface Norm {

    /// `f32[…,C] → f32[…,C]`
    Var forward(Var x, Pass pass);

    /// Root-mean-square norm, as Llama has it.
    ///
    /// ```
    /// y = x / sqrt(mean(x²) + eps) · w
    /// ```
    ///
    /// @param w `f32[C]`
    record Rms(Weight w, float eps) implements Norm {
        @Override
        public Var forward(Var x, Pass pass) {
            return rmsNorm(x, w.on(x, pass), eps);
        }
    }

    /// Root-mean-square norm whose weights are stored around 0, as Gemma has it.
    ///
    /// ```
    /// y = x / sqrt(mean(x²) + eps) · (1 + w)
    /// ```
    ///
    /// @param w `f32[C]`
    record RmsPlusOne(Weight w, float eps) implements Norm {
        @Override
        public Var forward(Var x, Pass pass) {
            return rmsNorm(x, shift(w.on(x, pass), 1), eps);
        }
    }

    /// Layer norm with bias, as GPT-2 has it.
    ///
    /// ```
    /// y = (x − mean(x)) / sqrt(var(x) + eps) · w + b
    /// ```
    ///
    /// @param w `f32[C]`
    /// @param b `f32[C]`
    record Layer(Weight w, Weight b, float eps) implements Norm {
        @Override
        public Var forward(Var x, Pass pass) {
            return layerNorm(x, w.on(x, pass), b.on(x, pass), eps);
        }
    }
}
