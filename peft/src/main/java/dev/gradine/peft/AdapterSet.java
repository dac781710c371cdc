package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.ConvolutionMap;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.ExpertMap;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The adapters and trained copies of one model. The model itself is never touched: whoever wants them in a pass says
/// so, `Pass.with`.
public final class AdapterSet implements Adapters {

    private final Model model;
    private final Method method;
    private final Selection selection;
    private final SequencedMap<Site, Adapter> adapters = new LinkedHashMap<>();
    private final SequencedMap<Weight, Param> copies = new LinkedHashMap<>();
    private final SequencedMap<Weight, Param> replaced = new LinkedHashMap<>();
    private final SequencedMap<Site, TrainedRows> rows = new LinkedHashMap<>();
    private final SequencedMap<Site, Adapter> began = new LinkedHashMap<>();
    private final boolean wasTrained;

    private AdapterSet(Model model, Method method, Selection selection, boolean wasTrained) {
        this.model = model;
        this.method = method;
        this.selection = selection;
        this.wasTrained = wasTrained;
    }

    /// Fresh adapters for `model`; with them it still computes what it did, unless the method says otherwise.
    ///
    /// @param run lifetime of what is trained
    /// @throws AdapterException if no layer is a target, or a module to save does not exist
    public static AdapterSet fresh(Model model, Method method, Selection where, Kernels run, RandomGenerator rng) {
        return fresh(model, method, where, new Start(run, rng, 0, Start.NO_TOKENIZER));
    }

    /// The same with a tokenizer, for adapters that begin as a text.
    ///
    /// @param start of the first adapter
    public static AdapterSet fresh(Model model, Method method, Selection where, Start start) {
        AdapterSet set = new AdapterSet(model, method, where.of(model, method), false);
        SetChecks.requireBiasField(set.selection, method);
        List<Site> targets = sites(model).stream()
                .filter(s -> method.adapts(s, set.selection))
                .toList();
        Start first = start.at(model, targets);
        for (Site site : targets) {
            set.adapters.put(site, method.fresh(site, first.plus(set.adapters.size())));
        }
        set.replaced.putAll(first.siblings().replaced());
        set.began.putAll(first.siblings().began());
        for (Weight weight : model.weights())
            if (set.trains(weight)) set.copies.put(weight, set.copy(weight, start.run()));
        for (Site site : sites(model)) TrainedRows.add(set, site, first);
        SetChecks.require(set);
        return set;
    }

    /// Whether a whole copy of this weight is trained.
    private boolean trains(Weight w) {
        return selection.saves(w.module())
                || method.copies(w, selection)
                || selection.trainsBias(w, hasAdapterAt(w.module()));
    }

    private boolean hasAdapterAt(String path) {
        return adapters.keySet().stream().map(Site::path).anyMatch(path::equals);
    }

    /// A copy to be trained. A method that trains whole weights leaves those tied that are.
    private Param copy(Weight weight, Kernels run) {
        for (var e : copies.entrySet()) {
            boolean tied = e.getKey().param() == weight.param() && method.copies(weight, selection);
            if (tied && method.copies(e.getKey(), selection)) return e.getValue();
        }
        Tensor copy = run.empty(weight.shape());
        run.copy(weight.param().value(), copy);
        return Param.trained(weight.path(), copy, run);
    }

    /// No adapter at all: the model computes what its checkpoint says.
    public static AdapterSet none(Model model) {
        Lora lora = Lora.defaults();
        return new AdapterSet(model, lora, Selection.of(lora.usualTargets()), false);
    }

    /// Places for adapters, in the order of the forward pass.
    static List<Site> sites(Model model) {
        List<Site> all = new ArrayList<>(model.embeddings());
        all.addAll(model.linears());
        all.addAll(model.convolutions());
        all.addAll(model.experts());
        return all;
    }

    @Override
    public LinearMap at(Linear layer) {
        LinearMap map = adapters.get(layer) instanceof LinearAdapter a ? a : Linear::base;
        TrainedRows trained = rows.get(layer);
        if (trained == null) return map;
        return (base, x, pass) -> trained.multiplied(base, map.apply(base, x, pass), x, pass);
    }

    @Override
    public ConvolutionMap at(Convolution layer) {
        return adapters.get(layer) instanceof ConvolutionAdapter a ? a : Convolution::base;
    }

    @Override
    public ExpertMap at(ExpertLinear layer) {
        return adapters.get(layer) instanceof ExpertAdapter a ? a : ExpertLinear::base;
    }

    @Override
    public Var at(Embedding embedding, Var h, Pass pass) {
        Var y = adapters.get(embedding) instanceof EmbeddingAdapter a ? a.apply(embedding, h, pass) : h;
        TrainedRows trained = rows.get(embedding);
        return trained == null ? y : trained.looked(y, pass);
    }

    @Override
    public SelfAttention.Qkv at(int layer, SelfAttention.Qkv fresh, Pass pass) {
        SelfAttention.Qkv qkv = fresh;
        for (Adapter a : adapters.values()) if (a instanceof EmbeddingAdapter e) qkv = e.attends(layer, qkv, pass);
        return qkv;
    }

    @Override
    public int virtualTokens() {
        int n = 0;
        for (Adapter a : adapters.values()) if (a instanceof EmbeddingAdapter e) n += e.virtualTokens();
        return n;
    }

    @Override
    public boolean areCausal() {
        return adapters.values().stream().allMatch(Adapter::isCausal);
    }

    @Override
    public AdapterSet continuing(int[] prompt) {
        return like(wasTrained, replaced, (_, a) -> a.continuing(prompt));
    }

    @Override
    public Param at(Weight weight) {
        return copies.getOrDefault(weight, base(weight));
    }

    /// The frozen value that adapters start from.
    private Param base(Weight weight) {
        return replaced.getOrDefault(weight, weight.param());
    }

    @Override
    public boolean touches(Site site) {
        return adapters.containsKey(site)
                || copies.containsKey(site)
                || replaced.containsKey(site)
                || rows.containsKey(site);
    }

    /// The model they were made for.
    public Model model() {
        return model;
    }

    /// Whether it was read from a file, and did not begin here.
    public boolean wasTrained() {
        return wasTrained;
    }

    /// The same adapters, with the values of a file in them.
    ///
    /// @param others frozen values that the file has in the place of the model's own
    AdapterSet asTrained(Map<Weight, Param> others) {
        SequencedMap<Weight, Param> all = new LinkedHashMap<>(replaced);
        all.putAll(others);
        return like(true, all, (_, a) -> a);
    }

    /// How it is adapted.
    public Method method() {
        return method;
    }

    /// Where it is adapted.
    public Selection selection() {
        return selection;
    }

    /// The model's weights with the adapters added into them, as `Merge` adds them: the model computes the same without
    /// the adapters' own products.
    ///
    /// @param run lifetime of the merged weights, f32
    public Adapters merged(Kernels run) {
        Merge.requireMergeable(this);
        SequencedMap<Weight, Param> sums = new LinkedHashMap<>();
        for (Weight weight : model.weights()) {
            if (Merge.changes(this, weight)) {
                sums.put(weight, Param.frozen(weight.path(), Merge.merged(this, weight, run)));
            }
        }
        return new MergedAdapters(sums);
    }

    /// The same adapters and copies with the values they have now, never to change: the reference of a preference loss
    /// that continues from a trained adapter.
    ///
    /// @param run lifetime of the copies
    public AdapterSet snapshot(Kernels run) {
        return over(p -> {
            Tensor value = run.empty(p.value().shape());
            run.copy(p.value(), value);
            return Param.frozen(p.name(), value);
        });
    }

    /// The same adapters and copies on other values; what several adapters share, they share there, too.
    public AdapterSet over(UnaryOperator<Param> others) {
        IdentityHashMap<Param, Param> known = new IdentityHashMap<>();
        UnaryOperator<Param> values = p -> known.computeIfAbsent(p, others);
        AdapterSet other = like(wasTrained, replaced, (_, a) -> a.over(values));
        copies.forEach((weight, p) -> other.copies.put(weight, values.apply(p)));
        rows.forEach((site, r) -> other.rows.put(site, r.over(values)));
        return other;
    }

    /// Adapters of another method at the same places.
    AdapterSet as(Method other, UnaryOperator<Adapter> adapter) {
        AdapterSet set = new AdapterSet(model, other, selection, wasTrained);
        adapters.forEach((site, a) -> set.adapters.put(site, adapter.apply(a)));
        set.copies.putAll(copies);
        set.rows.putAll(rows);
        set.replaced.putAll(replaced);
        return set;
    }

    /// The same as it was read: what its factors took out of the base follows from the base once more.
    AdapterSet asRead() {
        AdapterSet set = as(method, a -> a);
        began.keySet().forEach(site -> set.replaced.remove(Merge.weight(site)));
        return set;
    }

    /// The same over the model's own weights: what each adapter took out of its base when it began is put back into the
    /// base, and taken out of the adapter.
    ///
    /// @param less of an adapter and of itself as it began, the two with opposite signs as one
    AdapterSet overOwnBase(Method other, BiFunction<Adapter, Optional<Adapter>, Adapter> less) {
        AdapterSet set = as(other, a -> a);
        adapters.forEach((site, now) -> {
            Optional<Adapter> begun = Optional.ofNullable(began.get(site));
            set.adapters.put(site, less.apply(now, begun));
            if (begun.isPresent()) set.replaced.remove(Merge.weight(site));
        });
        return set;
    }

    /// What the method does in training beside following the gradient; nothing for an adapter that was read, whose
    /// ranks were allotted in the run that made it.
    ///
    /// @param steps of the run
    /// @param run lifetime of what it remembers
    public Shaping shaping(int steps, Kernels run) {
        return wasTrained ? Shaping.NONE : method.shaping(this, steps, run);
    }

    /// The same adapters as those of a run of so many steps.
    public AdapterSet ofRun(int steps) {
        Method settled = method.over(steps);
        return wasTrained || settled.equals(method) ? this : as(settled, a -> a);
    }

    /// The same adapters as a file has them.
    ///
    /// @param run lifetime of what is computed for it
    AdapterSet stored(Kernels run) {
        return like(wasTrained, replaced, (_, a) -> a.stored(run));
    }

    /// The same adapters, for values that do not change any more: they compute the same with less work.
    ///
    /// @param run lifetime of what is computed once
    public AdapterSet settled(Kernels run) {
        return like(
                wasTrained,
                replaced,
                (site, a) -> site instanceof ExpertLinear
                        ? a
                        : a.settled(base(Merge.weight(site)).value(), run));
    }

    /// Other adapters at the same places.
    private AdapterSet like(boolean trained, Map<Weight, Param> others, BiFunction<Site, Adapter, Adapter> adapter) {
        AdapterSet other = new AdapterSet(model, method, selection, trained);
        adapters.forEach((site, a) -> other.adapters.put(site, adapter.apply(site, a)));
        other.copies.putAll(copies);
        other.rows.putAll(rows);
        other.began.putAll(began);
        other.replaced.putAll(others);
        return other;
    }

    /// The adapter at a place, or null.
    @Nullable
    Adapter adapter(Site site) {
        return adapters.get(site);
    }

    /// The adapters by the place they stand at.
    public SequencedMap<Site, Adapter> adapters() {
        return new LinkedHashMap<>(adapters);
    }

    /// Trained rows by the place whose rows they are.
    SequencedMap<Site, TrainedRows> rows() {
        return rows;
    }

    /// Whether rows of tokens are trained.
    public boolean trainsRows() {
        return !rows.isEmpty();
    }

    /// Trained copies by the weight they stand for.
    public SequencedMap<Weight, Param> copies() {
        return new LinkedHashMap<>(copies);
    }

    /// Frozen values that a file had in the place of the model's own, by the weight they stand for.
    public SequencedMap<Weight, Param> replaced() {
        return new LinkedHashMap<>(replaced);
    }

    /// Everything trained, under the names of PEFT's file.
    public SequencedMap<String, Param> trained() {
        SequencedMap<String, Param> all = new LinkedHashMap<>();
        adapters.forEach((site, a) -> a.params().forEach((name, p) -> all.put(method.stored(site, name), p)));
        copies.forEach((weight, p) -> {
            if (all.values().stream().noneMatch(known -> known == p)) all.put(stored(weight), p);
        });
        rows.forEach((site, r) -> {
            if (!r.follows()) all.put(method.storedRows(site), r.values());
        });
        return all;
    }

    /// Name of the copy of a weight in PEFT's file.
    String stored(Weight weight) {
        boolean inAdapter = hasAdapterAt(weight.module()) && !method.copies(weight, selection);
        return inAdapter ? AdapterFolder.baseLayer(weight) : method.storedCopy(weight);
    }

    /// What adapters store and do not train, or train and store a second time, under the names of PEFT's file.
    public SequencedMap<String, Param> fixed() {
        SequencedMap<String, Param> all = new LinkedHashMap<>();
        adapters.forEach((site, a) -> a.fixed().forEach((name, p) -> all.put(method.stored(site, name), p)));
        rows.forEach((site, r) -> {
            if (r.follows() && method.storesFollowers()) all.put(method.storedRows(site), r.values());
        });
        return all;
    }

    /// Everything trained, in a fixed order.
    public List<Param> params() {
        return new ArrayList<>(trained().values());
    }

    /// Number of values trained.
    public long trainedValues() {
        long n = 0;
        for (Param p : params()) if (p.isTrained()) n += p.value().size();
        return n;
    }
}
