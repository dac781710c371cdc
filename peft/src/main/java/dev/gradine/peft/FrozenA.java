package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Site;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import dev.gradine.tensor.linalg.Svd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// LoRA-FA: the factor A stays as it began, and B follows the gradient that brings `s B A` closest to where the whole
/// weight would go.
///
/// ```
/// g_B ← 1 / s² · g_B (A Aᵀ + δ)⁻¹        the X with the least ‖s X A − dL/dW‖        δ = 1e-8
/// ```
///
/// Zhang et al. 2023 (arXiv:2308.03303), section 3.2, for A; the projection is that of PEFT's `LoraFAOptimizer`.
///
/// @param pairs one for each adapter
/// @param run lifetime of the pairs
public record FrozenA(List<Pair> pairs, Kernels run) implements Shaping {

    private static final double DELTA = 1e-8;

    /// A factor and what its gradient is multiplied by.
    ///
    /// @param b `f32[O,R]`
    /// @param projection `(A Aᵀ + δ)⁻¹ / s²`, `f32[R,R]`
    record Pair(Param b, Tensor projection) {}

    /// The same adapters, of which A does not learn.
    ///
    /// @throws AdapterException if they are none of a LoRA, or over an embedding, where A begins as zero
    public static AdapterSet freeze(AdapterSet set) {
        if (set.method().lowRank().isEmpty()) {
            throw new AdapterException("lora-fa: the adapter is %s, expected one with the factors of a LoRA"
                    .formatted(set.method().name()));
        }
        set.adapters().forEach((site, a) -> {
            if (factor(a, LoraLinear.B) != null) return;
            throw new AdapterException("lora-fa: %s is adapted, expected linear layers alone".formatted(site.path()));
        });
        return set.over(p -> p.name().endsWith("." + LoraLinear.A) ? Param.frozen(p.name(), p.value()) : p);
    }

    /// What is to be done before each update of adapters that `freeze` gave.
    public static FrozenA of(AdapterSet set, Kernels run) {
        Lora lora = set.method().lowRank().orElseThrow();
        List<Pair> pairs = new ArrayList<>();
        for (Map.Entry<Site, Adapter> e : set.adapters().entrySet()) {
            Param a = Objects.requireNonNull(factor(e.getValue(), LoraLinear.A));
            Param b = Objects.requireNonNull(factor(e.getValue(), LoraLinear.B));
            float s = lora.scale(e.getKey().path());
            Tensor projection = run.empty(
                    Shape.of(a.value().shape().dim(0), a.value().shape().dim(0)));
            project(a.value(), s, projection, run);
            pairs.add(new Pair(b, projection));
        }
        return new FrozenA(List.copyOf(pairs), run);
    }

    private static @Nullable Param factor(Adapter a, String name) {
        return a.params().get(name);
    }

    /// From `A = U diag(S) Vᵀ`: `U diag(1 / (S² + δ)) Uᵀ / s²`.
    static void project(Tensor a, float s, Tensor to, Kernels run) {
        try (Kernels k = run.openStep()) {
            Svd svd = Svd.thin(a, k);
            float[] values = k.download(svd.s());
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (1 / Math.sqrt((double) values[i] * values[i] + DELTA) / s);
            }
            Tensor root = k.empty(svd.u().shape());
            k.function().combine(Fn2.MUL, Per.COLUMN, svd.u(), k.of(Shape.of(values.length), values), root);
            k.matMul().nt(root, root, 1, false, to);
        }
    }

    @Override
    public void beforeUpdate(double gradScale) {
        try (Kernels k = run.openStep()) {
            for (Pair p : pairs) {
                Tensor projected = k.empty(p.b().value().shape());
                k.matMul().nn(p.b().grad(), p.projection(), 1, false, projected);
                k.copy(projected, p.b().grad());
            }
        }
    }
}
