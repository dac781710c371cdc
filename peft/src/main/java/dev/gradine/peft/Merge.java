package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The weights a model would have had without its adapters, to compute what it computes with them.
///
/// Computed in f32 and rounded once, to the type of the file it goes to.
public final class Merge {

    private Merge() {}

    /// Fails unless weights alone can compute what the model does with `set`.
    ///
    /// @throws AdapterException names the method, or the layer that has no place for what is trained
    public static void requireMergeable(AdapterSet set) {
        set.adapters().forEach((site, a) -> {
            if (a.needsBias() && bias(site) == null) {
                throw new AdapterException(("merge: %s has no bias, expected one that takes in the trained one;"
                                + " use the adapter beside the model")
                        .formatted(site.path()));
            }
            if (site instanceof Convolution c && c.windows().groups() > 1) {
                throw new AdapterException(("merge: %s has %d groups of channels and its adapter reads all of them,"
                                + " expected one group; use the adapter beside the model")
                        .formatted(c.path(), c.windows().groups()));
            }
        });
        if (set.method().merges()) return;
        throw new AdapterException("merge: %s cannot be merged into the weights of a model; use the adapter beside it"
                .formatted(set.method().name()));
    }

    /// Whether weights alone can compute what the model does with `set`.
    public static boolean merges(AdapterSet set) {
        try {
            requireMergeable(set);
            return true;
        } catch (AdapterException e) {
            return false;
        }
    }

    /// The merged weight of one place, f32, in the memory of `k`.
    ///
    /// @throws AdapterException if a value of it is not finite
    public static Tensor merged(AdapterSet set, Weight weight, Kernels k) {
        Tensor w = k.empty(weight.shape());
        k.copy(set.at(weight).value(), w);
        w = into(set, weight, w, k);
        requireFinite(weight, w, k);
        return w;
    }

    /// What the adapters of `set` make of `w`, which may be overwritten.
    static Tensor into(AdapterSet set, Weight weight, Tensor w, Kernels k) {
        Tensor made = w;
        for (var e : set.adapters().entrySet()) made = merged(e.getKey(), e.getValue(), weight, made, k);
        for (var e : set.rows().entrySet()) {
            if (weight(e.getKey()) == weight) made = e.getValue().merged(made, k);
        }
        return made;
    }

    static void requireFinite(Weight weight, Tensor w, Kernels k) {
        if (Double.isFinite(k.reduce().sumOfSquares(w))) return;
        throw new AdapterException(
                ("merge: %s has a value that is not finite; the adapter's values are too large, train it"
                                + " with a lower learning rate")
                        .formatted(weight.path()));
    }

    private static Tensor merged(Site site, Adapter a, Weight weight, Tensor w, Kernels k) {
        if (site instanceof ExpertLinear l) {
            return l.has(weight) && a instanceof ExpertAdapter e ? e.merged(l, weight, w, k) : w;
        }
        if (weight(site) == weight) return a.merged(w, k);
        return changesBias(site, a, weight) ? a.mergedBias(w, k) : w;
    }

    /// Whether this is a weight of the place.
    static boolean isOf(Site site, Weight weight) {
        return site instanceof ExpertLinear l ? l.has(weight) : weight(site) == weight;
    }

    /// The weight of a place that has one.
    static Weight weight(Site site) {
        return switch (site) {
            case Linear l -> l.weight();
            case Convolution c -> c.weight();
            case Embedding e -> e.weight();
            case Weight w -> w;
            case ExpertLinear l -> throw new IllegalArgumentException(l.path() + " has a weight for each expert");
        };
    }

    private static boolean changesBias(Site site, Adapter a, Weight weight) {
        return a.changesBias() && bias(site) == weight;
    }

    /// The bias of a place, or null.
    private static @Nullable Weight bias(Site site) {
        return switch (site) {
            case Linear l -> l.hasBias() ? l.bias() : null;
            case Convolution c -> c.hasBias() ? c.bias() : null;
            case Embedding _, ExpertLinear _, Weight _ -> null;
        };
    }

    /// Whether merging changes the weight of this place.
    public static boolean changes(AdapterSet set, Weight weight) {
        return set.at(weight) != weight.param()
                || set.rows().keySet().stream().anyMatch(site -> weight(site) == weight)
                || set.adapters().entrySet().stream()
                        .anyMatch(e -> isOf(e.getKey(), weight) || changesBias(e.getKey(), e.getValue(), weight));
    }

    /// Whether a merged checkpoint needs a tensor of its own for this place: it changes, or it was tied to one that
    /// does.
    public static boolean stores(AdapterSet set, Weight weight) {
        return set.model().weights().stream().anyMatch(w -> w.param() == weight.param() && changes(set, w));
    }

    /// The type a merged weight is written in: that of the checkpoint, or f32 where the checkpoint was quantised, since
    /// rounding the sum to a few bits again would not give the model that was trained.
    public static DType writtenAs(Tensor base) {
        return base.dtype().isFloat() ? base.dtype() : DType.F32;
    }

    /// Whether weights that share a value still share one.
    public static boolean alike(AdapterSet set, List<Weight> twins) {
        Param first = set.at(twins.getFirst());
        return isOne(set, twins)
                && twins.stream()
                        .allMatch(w -> set.at(w) == first
                                && set.adapters().keySet().stream().noneMatch(site -> isOf(site, w)));
    }

    /// Whether all of them have the same trained rows, or none.
    private static boolean isOne(AdapterSet set, List<Weight> twins) {
        List<Param> values = twins.stream()
                .flatMap(w -> set.rows().entrySet().stream()
                        .filter(e -> weight(e.getKey()) == w)
                        .map(e -> e.getValue().values()))
                .toList();
        return values.isEmpty()
                || (values.size() == twins.size() && values.stream().distinct().count() == 1);
    }
}
