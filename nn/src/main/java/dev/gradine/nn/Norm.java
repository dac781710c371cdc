package dev.gradine.nn;

import static dev.gradine.autograd.op.Concat.concat;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.LayerNorm.layerNorm;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.RmsNorm.rmsNorm;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;
import java.util.Arrays;
import java.util.List;

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

    /// Layer norm with a weight and no bias, as Cohere and ModernBERT have it.
    ///
    /// @param w `f32[C]`
    record LayerWithoutBias(Weight w, float eps) implements Norm {
        @Override
        public Var forward(Var x, Pass pass) {
            return layerNorm(x, w.on(x, pass), same(x, 0), eps);
        }
    }

    /// Layer norm of nothing but mean and variance, as the first OLMo has it.
    record BareLayer(float eps) implements Norm {
        @Override
        public Var forward(Var x, Pass pass) {
            return layerNorm(x, same(x, 1), same(x, 0), eps);
        }
    }

    /// Root-mean-square norm without a weight, as Llama 4 has it of heads.
    record BareRms(float eps) implements Norm {
        @Override
        public Var forward(Var x, Pass pass) {
            return rmsNorm(x, same(x, 1), eps);
        }
    }

    /// A norm of each head whose heads have weights of their own.
    ///
    /// ```
    /// y_h = norm(x_h) · w_h
    /// ```
    ///
    /// @param norm without a weight
    /// @param w `f32[H,D]`, or `f32[D]` of each head
    record OfHeads(Norm norm, List<Weight> w, int headDim) implements Norm {
        @Override
        public Var forward(Var x, Pass pass) {
            List<Var> each = w.stream()
                    .map(v -> reshape(v.on(x, pass), v.shape().size()))
                    .toList();
            Var all = each.size() == 1
                    ? each.getFirst()
                    : concat(0, each.getFirst(), each.subList(1, each.size()).toArray(Var[]::new));
            return mul(RowStep.perHead(norm, headDim).of(x, pass), all);
        }
    }

    private static Var same(Var x, float value) {
        float[] all = new float[x.shape().last()];
        Arrays.fill(all, value);
        return x.tape().constant(x.tape().kernels().of(Shape.of(all.length), all));
    }
}
