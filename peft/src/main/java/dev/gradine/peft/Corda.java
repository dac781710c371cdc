package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.linalg.Cholesky;
import dev.gradine.tensor.linalg.Svd;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/// CorDA: a LoRA begins as a part of the weight that is chosen by what the layer reads, and taken out of the base.
///
/// ```
/// C = mean over batches of Xᵀ X / max(X)²       C′ = C + damp · mean(diag C) · 1       W C′ = U diag(S) Vᵀ
/// A = √(S_r / s) V_rᵀ C′⁻¹                      B = U_r √(S_r / s)                     W_res = W − s B A
/// ```
///
/// Yang et al. 2024 (arXiv:2406.05223), eq. 3 to 5. With `ipm` the R largest values of S are trained, with `kpm` the
/// smallest, so that knowledge of what was read is kept. The division by the largest entry is PEFT's. PEFT doubles
/// `damp` until its inverse in f32 is one; here the equations are solved in double and no inverse is made.
///
/// @param method which part is trained
/// @param damp share of the mean of C's diagonal that is added to it
/// @param batches that are read
public record Corda(
        @Option(name = "corda_method", says = "Part that is trained: ipm the largest, kpm the smallest.")
        Part method,

        @Option(says = "Share of the mean of the covariance's diagonal that is added to it.")
        double damp,

        @Option(says = "Batches that are read.", least = 1) int batches)
        implements FromData {

    /// Which part of the weight is trained.
    public enum Part {
        /// Instruction-previewed mode: the part that acts most on what was read.
        IPM,
        /// Knowledge-preserved mode: the part that acts least on it.
        KPM
    }

    /// @throws AdapterException if `damp` is not positive
    public Corda {
        if (!(damp > 0)) throw new AdapterException("damp is %s, expected above 0".formatted(damp));
    }

    /// PEFT's, of 64 batches.
    public static Corda defaults() {
        return new Corda(Part.IPM, 0.01, 64);
    }

    @Override
    public boolean changesBase() {
        return true;
    }

    @Override
    public Outcome learn(Lesson lesson) {
        SequencedMap<Linear, Linear> readers = lesson.readers();
        Map<Linear, Tensor> sums = new LinkedHashMap<>();
        for (Linear l : readers.values()) {
            sums.computeIfAbsent(l, _ -> lesson.k().zeros(Shape.of(l.in(), l.in())));
        }
        long tokens = 0;
        for (int i = 0; i < batches; i++) {
            tokens += lesson.data()
                    .read(
                            i,
                            lesson.k(),
                            _ -> new InputWatch(sums.keySet(), (_, _) -> {}, (l, x, pass) -> {
                                add(
                                        x.value(),
                                        Objects.requireNonNull(sums.get(l)),
                                        pass.tape().kernels());
                            }));
        }
        Map<Linear, Tensor> kept = new HashMap<>();
        sums.forEach((l, sum) -> kept.put(l, lesson.kept(sum)));
        Map<Linear, Tensor> values = new LinkedHashMap<>();
        readers.forEach((l, first) -> values.put(l, kept.get(first)));
        return new Outcome(values, lesson.lora(), "corda read " + FromData.read(tokens, batches));
    }

    /// Adds `Xᵀ X / max(X)² / batches`.
    private void add(Tensor x, Tensor sum, Kernels run) {
        try (Kernels k = run.openStep()) {
            float largest = Float.NEGATIVE_INFINITY;
            for (float v : k.download(x)) largest = Math.max(largest, v);
            if (largest == 0) return;
            k.matMul().tn(x, x, 1 / (largest * largest) / batches, true, sum);
        }
    }

    @Override
    public Factors factors(Place p, Tensor covariance) {
        return Factors.taken(p, (w, a, b, k) -> factors(w, k.fromHost(covariance), p.scale(), a, b, k));
    }

    /// Writes both factors over weight `w [O,I]`.
    ///
    /// @param covariance `C [I,I]`
    void factors(Tensor w, Tensor covariance, float s, Tensor a, Tensor b, Kernels k) {
        int rank = a.shape().dim(0);
        Tensor damped = damped(covariance, k);
        Tensor seen = k.empty(w.shape());
        k.matMul().nn(w, damped, 1, false, seen);
        Svd svd = method == Part.IPM ? Svd.leading(seen, rank, k) : Svd.trailing(seen, rank, k);
        Tensor back = Cholesky.of(damped, k).divided(svd.vt(), k);
        Pissa.halves(new Svd(svd.u(), svd.s(), back), s, a, b, k);
    }

    private Tensor damped(Tensor covariance, Kernels k) {
        float[] c = k.download(covariance);
        int n = covariance.shape().dim(0);
        double trace = 0;
        for (int i = 0; i < n; i++) trace += c[i * n + i];
        for (int i = 0; i < n; i++) c[i * n + i] += (float) (damp * trace / n);
        return k.of(Shape.of(n, n), c);
    }

    @Override
    public String peft() {
        return "corda";
    }

    @Override
    public String toString() {
        return FromData.text(this, defaults());
    }
}
