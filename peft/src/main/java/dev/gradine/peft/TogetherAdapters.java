package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.ConvolutionMap;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Pass;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Several adapters of one model that act at once.
///
/// ```
/// y = l₁ ∘ l₂ ∘ (x Wᵀ + b + Σ u_i(x))      u of methods that add to an output, l of (IA)³
/// ```
///
/// As PEFT does it where several adapters are active. A weight that one of them has a copy of is that copy.
public final class TogetherAdapters implements Adapters {

    private final List<AdapterSet> sets;
    private final Map<Weight, Param> values = new LinkedHashMap<>();

    private TogetherAdapters(List<AdapterSet> sets) {
        this.sets = List.copyOf(sets);
    }

    /// These adapters at once; of one, itself.
    ///
    /// @throws AdapterException names the method that cannot act beside another one, or the weight that two change
    public static Adapters of(List<AdapterSet> sets) {
        if (sets.isEmpty()) return Adapters.NONE;
        if (sets.size() == 1) return sets.getFirst();
        TogetherAdapters all = new TogetherAdapters(sets);
        for (AdapterSet set : sets) {
            sets.getFirst().method().requireBeside(set.method());
            all.include(set);
        }
        return all;
    }

    /// The model's weights with all of them merged.
    ///
    /// ```
    /// W′ = l₁ ∘ l₂ ∘ (W + Σ (W_i − W))      W_i with one of them merged
    /// ```
    ///
    /// @param run lifetime of the merged weights, f32
    /// @throws AdapterException names the method or the weight that cannot be merged
    static Adapters merged(List<AdapterSet> sets, Kernels run) {
        if (sets.size() == 1) return sets.getFirst().merged(run);
        sets.forEach(Merge::requireMergeable);
        Adapters all = of(sets);
        SequencedMap<Weight, Param> sums = new LinkedHashMap<>();
        for (Weight w :
                sets.isEmpty() ? List.<Weight>of() : sets.getFirst().model().weights()) {
            if (sets.stream().noneMatch(s -> Merge.changes(s, w))) continue;
            sums.put(w, Param.frozen(w.path(), merged(sets, w, all.at(w).value(), run)));
        }
        return new MergedAdapters(sums);
    }

    private static Tensor merged(List<AdapterSet> sets, Weight weight, Tensor base, Kernels run) {
        Tensor sum = copy(base, run);
        for (AdapterSet set : sets) {
            if (isAround(set)) continue;
            try (Kernels k = run.openStep()) {
                k.elementwise().axpy(1, Merge.into(set, weight, copy(base, k), k), sum);
                k.elementwise().axpy(-1, copy(base, k), sum);
            }
        }
        for (AdapterSet set : sets) if (isAround(set)) sum = Merge.into(set, weight, sum, run);
        Merge.requireFinite(weight, sum, run);
        return sum;
    }

    private static Tensor copy(Tensor t, Kernels k) {
        Tensor f32 = k.empty(t.shape());
        k.copy(t, f32);
        return f32;
    }

    private static boolean isAround(AdapterSet set) {
        return set.adapters().values().stream()
                .anyMatch(a -> a instanceof LinearAdapter l && l.beside() == LinearAdapter.Beside.AROUND);
    }

    private void include(AdapterSet set) {
        if (!set.model().equals(sets.getFirst().model())) {
            throw new AdapterException("adapters: two of them are for different models, expected one model");
        }
        if (!set.rows().isEmpty()) {
            throw new AdapterException("adapters: one of them trains rows of tokens, which cannot act beside another"
                    + " adapter; use one at a time");
        }
        set.adapters().forEach((site, adapter) -> {
            if (canJoin(adapter) || at(site).size() == 1) return;
            throw new AdapterException(
                    "adapters: %s cannot act on %s beside another adapter, expected methods that add to an output"
                                    .formatted(set.method().name(), site.path())
                            + " or multiply it; use one at a time");
        });
        for (Weight w : set.model().weights()) {
            Param value = set.at(w);
            if (value == w.param()) continue;
            if (values.put(w, value) != null) {
                throw new AdapterException(
                        "adapters: two of them have a value of their own for %s, expected one".formatted(w.path()));
            }
        }
    }

    private static boolean canJoin(Adapter adapter) {
        return switch (adapter) {
            case LinearAdapter l -> l.beside() != LinearAdapter.Beside.ALONE;
            case EmbeddingAdapter e -> e.adds();
            case ConvolutionAdapter _, ExpertAdapter _ -> false;
        };
    }

    /// The adapters at a place.
    List<Adapter> at(Site site) {
        List<Adapter> all = new ArrayList<>();
        for (AdapterSet set : sets) {
            Adapter a = set.adapter(site);
            if (a != null) all.add(a);
        }
        return all;
    }

    @Override
    public LinearMap at(Linear layer) {
        List<LinearAdapter> adding = new ArrayList<>();
        List<LinearAdapter> around = new ArrayList<>();
        for (Adapter a : at((Site) layer)) {
            if (!(a instanceof LinearAdapter l)) continue;
            if (l.beside() == LinearAdapter.Beside.AROUND) around.add(l);
            else adding.add(l);
        }
        LinearMap map = adding.size() == 1 ? adding.getFirst() : (base, x, pass) -> sum(adding, base, x, pass);
        for (LinearAdapter l : around) {
            LinearMap inner = map;
            map = (base, x, pass) -> l.around(inner, base, x, pass);
        }
        return map;
    }

    private static Var sum(List<LinearAdapter> adding, Linear base, Var x, Pass pass) {
        Var y = base.base(x, pass);
        for (LinearAdapter l : adding) {
            Var u = l.added(base, x, pass);
            Var more = add(y, u);
            y.release();
            u.release();
            y = more;
        }
        return y;
    }

    @Override
    public ConvolutionMap at(Convolution layer) {
        for (AdapterSet set : sets) if (set.adapter(layer) != null) return set.at(layer);
        return Convolution::base;
    }

    @Override
    public Param at(Weight weight) {
        return values.getOrDefault(weight, weight.param());
    }

    @Override
    public Var at(Embedding embedding, Var h, Pass pass) {
        Var y = h;
        for (AdapterSet set : sets) y = set.at(embedding, y, pass);
        return y;
    }

    @Override
    public SelfAttention.Qkv at(int layer, SelfAttention.Qkv fresh, Pass pass) {
        SelfAttention.Qkv qkv = fresh;
        for (AdapterSet set : sets) qkv = set.at(layer, qkv, pass);
        return qkv;
    }

    @Override
    public int virtualTokens() {
        return sets.stream().mapToInt(AdapterSet::virtualTokens).sum();
    }

    @Override
    public boolean areCausal() {
        return sets.stream().allMatch(AdapterSet::areCausal);
    }

    @Override
    public Adapters continuing(int[] prompt) {
        return of(sets.stream().map(s -> s.continuing(prompt)).toList());
    }

    @Override
    public boolean touches(Site site) {
        return sets.stream().anyMatch(s -> s.touches(site));
    }

    /// What acts at once.
    public List<AdapterSet> sets() {
        return sets;
    }
}
