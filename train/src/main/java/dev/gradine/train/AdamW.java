package dev.gradine.train;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The optimiser: AdamW over all trained parameters, with clipping of the gradient's norm.
///
/// The formula stands in `AdamWKernel`. Vectors (norm weights, biases) are not decayed, as `transformers` has it.
/// Clipping multiplies every gradient by min(1, c / (‖g‖ + 1e-6)), with ‖g‖ over all parameters together.
public final class AdamW {

    /// What does not change from step to step.
    ///
    /// @param beta1 decay of the first moment
    /// @param beta2 decay of the second moment
    /// @param eps added to the root of the second moment
    /// @param weightDecay decoupled decay of matrices
    /// @param clip largest norm of the gradient; 0 for no limit
    public record Settings(float beta1, float beta2, float eps, float weightDecay, double clip) {
        /// PyTorch's defaults.
        public static Settings of(double weightDecay, double clip) {
            return new Settings(0.9f, 0.999f, 1e-8f, (float) weightDecay, clip);
        }
    }

    private record Trained(Param param, Tensor m, Tensor v) {}

    private final Settings settings;
    private final Kernels run;
    private final SequencedMap<String, Trained> all = new LinkedHashMap<>();
    private int updates;

    /// @param run lifetime of the moments
    public AdamW(Settings settings, SequencedMap<String, Param> params, Kernels run) {
        this.settings = settings;
        this.run = run;
        params.forEach((name, p) -> all.put(
                name,
                new Trained(p, run.zeros(p.value().shape()), run.zeros(p.value().shape()))));
    }

    /// Norm of all gradients together.
    public double gradNorm() {
        List<Tensor> grads = all.values().stream().map(t -> t.param().grad()).toList();
        return Math.sqrt(run.reduce().sumOfSquares(grads));
    }

    /// Updates all parameters and clears their gradients.
    ///
    /// @param lr learning rate of this step
    /// @param gradNorm what `gradNorm` gave
    public void step(double lr, double gradNorm) {
        updates++;
        double scale = settings.clip() > 0 ? Math.min(1, settings.clip() / (gradNorm + 1e-6)) : 1;
        for (Trained t : all.values()) {
            Param p = t.param();
            float decay = p.value().shape().rank() > 1 ? settings.weightDecay() : 0;
            Update u = new Update(
                    (float) lr, settings.beta1(), settings.beta2(), settings.eps(), decay, updates, (float) scale);
            run.adamW().step(p.value(), p.grad(), t.m(), t.v(), u);
            run.elementwise().fill(p.grad(), 0);
        }
    }

    /// Number of updates made.
    public int updates() {
        return updates;
    }

    /// Everything a resumed run needs, by name: parameters and both moments. Writing into the tensors restores them.
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        all.forEach((name, t) -> state.put("param." + name, t.param().value()));
        all.forEach((name, t) -> state.put("m." + name, t.m()));
        all.forEach((name, t) -> state.put("v." + name, t.v()));
        return state;
    }

    /// Says that the state just restored was that after `updates` updates.
    public void restored(int updates) {
        this.updates = updates;
    }
}
