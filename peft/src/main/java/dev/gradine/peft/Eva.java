package dev.gradine.peft;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.Map;

/// EVA: A begins as the principal components of what its layer reads, and layers whose inputs vary more get more of the
/// ranks.
///
/// ```
/// A = the first r_l components of layer l's inputs, B = 0
/// r_l: of all components of all layers the Σ r that explain the largest shares of their layer's variance
/// ```
///
/// Paischer et al. 2024 (arXiv:2410.07170), algorithm 1. Batches are read until the components that are used have
/// settled. What is shared out is in `EvaRanks`, what is read in `EvaReading`, the components are those of `Pca`.
///
/// @param rho most ranks of a layer, as a multiple of its own
/// @param tau cosine with the components of the batch before from which on a component has settled
/// @param useLabelMask whether only tokens that carry loss count
/// @param whiten whether components are divided by the roots of their singular values
/// @param adjustScalingFactors whether alpha grows with the rank, so that the scale stays
/// @param batches most batches that are read
public record Eva(
        @Option(says = "Most ranks of a layer, as a multiple of its own.", least = 1)
        double rho,

        @Option(says = "Cosine with the batch before from which on a component has settled.", least = 0)
        double tau,

        @Option(name = "use_label_mask", says = "Count only tokens that carry loss.")
        boolean useLabelMask,

        @Option(says = "Divide components by the roots of their singular values.")
        boolean whiten,

        @Option(name = "adjust_scaling_factors", says = "Let alpha grow with the rank.")
        boolean adjustScalingFactors,

        @Option(says = "Most batches that are read.", least = 1)
        int batches)
        implements FromData {

    /// @throws AdapterException if `tau` is no cosine
    public Eva {
        if (!(tau <= 1)) throw new AdapterException("tau is %s, expected at most 1".formatted(tau));
    }

    /// PEFT's, and at most 100 batches.
    public static Eva defaults() {
        return new Eva(2, 0.99, true, false, true, 100);
    }

    @Override
    public Outcome learn(Lesson lesson) {
        return new EvaReading(this, lesson).outcome();
    }

    /// The first components of a layer, `[n,I]`, as A has them.
    Tensor components(Pca pca, int n, Kernels k) {
        float[] first = pca.component(0);
        float[] all = new float[n * first.length];
        for (int i = 0; i < n; i++) {
            float[] c = pca.component(i);
            float root = whiten ? (float) Math.sqrt(pca.value(i)) : 1;
            for (int j = 0; j < c.length; j++) all[i * c.length + j] = c[j] / root;
        }
        return k.of(Shape.of(n, first.length), all);
    }

    /// The rows that count of what a layer reads; all of them where it reads others than the blocks do, as a head.
    float[] rows(Var x, int[] labelled, Pass pass) {
        float[] all = pass.tape().kernels().download(x.value());
        if (!useLabelMask || x.shape().rows() != pass.rows().ids().length) return all;
        int width = x.shape().last();
        float[] some = new float[labelled.length * width];
        for (int i = 0; i < labelled.length; i++) {
            System.arraycopy(all, labelled[i] * width, some, i * width, width);
        }
        return some;
    }

    /// Most ranks that a layer of rank `r` can get.
    int most(int r, Linear layer) {
        return Math.min((int) Math.rint(r * rho), layer.in());
    }

    @Override
    public Factors factors(Place p, Tensor learnt) {
        Kernels run = p.start().run();
        Tensor a = run.empty(learnt.shape());
        try (Kernels k = run.openStep()) {
            run.copy(k.fromHost(learnt), a);
        }
        return Factors.of(a, run.zeros(Shape.of(p.layer().out(), learnt.shape().dim(0))));
    }

    @Override
    public String peft() {
        return "eva";
    }

    /// As PEFT's configuration has it.
    Map<String, Object> config() {
        Map<String, Object> all = numbers();
        all.remove("batches");
        all.put("label_mask_value", -100);
        return all;
    }

    @Override
    public String toString() {
        return FromData.text(this, defaults());
    }
}
