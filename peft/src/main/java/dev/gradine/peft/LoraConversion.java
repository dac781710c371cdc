package dev.gradine.peft;

import dev.gradine.nn.Embedding;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.linalg.Svd;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/// Any adapter as a LoRA: of what it adds to each weight, the nearest matrix of a rank.
///
/// ```
/// W′ − W = U S Vᵀ        B = U_r S_r, A = V_rᵀ        the error is ‖(σ_r+1, …)‖ / ‖σ‖
/// ```
///
/// Eckart & Young 1936.
public final class LoraConversion {

    private LoraConversion() {}

    /// A LoRA of this rank at the same places, with the same copies.
    ///
    /// @param run lifetime of the result
    /// @throws AdapterException if no LoRA can do what `set` does
    public static AdapterSet of(AdapterSet set, int rank, Kernels run) {
        if (rank < 1) throw new AdapterException("convert: rank is %d, expected >= 1".formatted(rank));
        Merge.requireMergeable(set);
        requireWeightsAlone(set);
        Lora method = Lora.of(rank, rank);
        AdapterSet made = AdapterSet.fresh(set.model(), method, where(set), run, new SplittableRandom(0));
        made.copies().forEach((w, p) -> run.copy(set.at(w).value(), p.value()));
        for (Site site : set.adapters().keySet()) {
            Adapter to = made.adapter(site);
            if (to == null) {
                throw new AdapterException("convert: %s acts on %s, where no LoRA can; expected linear layers and"
                                .formatted(set.method().name(), site.path())
                        + " embeddings");
            }
            try (Kernels k = run.openStep()) {
                LowRankPair pair = LowRankPair.of(Svd.leading(delta(set, site, k), rank, k), rank, k)
                        .padded(rank, k);
                k.copy(pair.a(), LowRankPair.of(to).a());
                k.copy(pair.b(), LowRankPair.of(to).b());
            }
        }
        return made.asTrained(set.replaced());
    }

    /// A LoRA leaves biases as they are.
    private static void requireWeightsAlone(AdapterSet set) {
        Set<Weight> adapted = new LinkedHashSet<>();
        set.adapters().keySet().forEach(site -> adapted.add(Merge.weight(site)));
        for (Weight w : set.model().weights()) {
            if (!Merge.changes(set, w) || adapted.contains(w) || set.at(w) != w.param()) continue;
            throw new AdapterException(
                    "convert: %s changes %s, which no LoRA does; expected an adapter of weights alone"
                            .formatted(set.method().name(), w.path()));
        }
    }

    private static Selection where(AdapterSet set) {
        Set<String> saved = new LinkedHashSet<>(set.selection().modulesToSave());
        for (Weight w : set.copies().keySet()) if (!set.selection().saves(w.module())) saved.add(w.module());
        List<String> paths = set.adapters().keySet().stream().map(Site::path).toList();
        Targets targets = paths.isEmpty() ? new Targets.None() : new Targets.Suffixes(paths);
        return new Selection(targets, new Targets.None(), List.of(), List.of(), List.copyOf(saved), Beside.NOTHING);
    }

    /// W′ − W; of a table its transpose, as the factors have it.
    private static Tensor delta(AdapterSet set, Site site, Kernels k) {
        Weight weight = Merge.weight(site);
        Tensor base = k.empty(weight.shape());
        Tensor merged = k.empty(weight.shape());
        k.copy(set.at(weight).value(), base);
        k.copy(base, merged);
        Tensor delta = Merge.into(set, weight, merged, k);
        k.elementwise().axpy(-1, base, delta);
        return site instanceof Embedding ? SelectedColumns.transposed(delta, k) : delta;
    }
}
