package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/// What the adapters of one set have in common: the places that get one, and values that all of them use, such as the
/// bank of VB-LoRA.
public final class Siblings {

    private final Model.Keys keys;
    private final List<Site> sites;
    private final Learnt learnt;
    private final Map<String, Param> shared = new HashMap<>();
    private final SequencedMap<Weight, Param> replaced = new LinkedHashMap<>();
    private final SequencedMap<Site, Adapter> began = new LinkedHashMap<>();
    private final Map<Object, Object> tables = new HashMap<>();

    Siblings(Model.Keys keys, List<Site> sites, Learnt learnt) {
        this.keys = keys;
        this.sites = List.copyOf(sites);
        this.learnt = learnt;
    }

    /// Keys of the model's attention layers.
    Model.Keys keys() {
        return keys;
    }

    /// The places that get an adapter, in the order of the forward pass.
    public List<Site> sites() {
        return sites;
    }

    /// What was learnt of the data before they begin.
    Learnt learnt() {
        return learnt;
    }

    /// The value that all adapters of the set have under this name; the first that asks makes it.
    public Param shared(String name, Supplier<Param> fresh) {
        Param known = shared.get(name);
        if (known != null) return known;
        Param made = fresh.get();
        shared.put(name, made);
        return made;
    }

    /// Says that the set has another frozen value in the place of the model's own, because an adapter began with a part
    /// of it.
    ///
    /// @param begun that adapter's values at its beginning, frozen
    void replace(Weight weight, Param rest, Site site, Adapter begun) {
        replaced.put(weight, rest);
        began.put(site, begun);
    }

    /// Frozen values in the place of the model's own.
    SequencedMap<Weight, Param> replaced() {
        return replaced;
    }

    /// Adapters that took a part of their base, as they began.
    SequencedMap<Site, Adapter> began() {
        return began;
    }

    /// What several adapters of the set compute with and nobody stores, such as the waves of FourierFT; the first that
    /// asks makes it.
    ///
    /// @param key what it is made from
    public <T> T table(Class<T> type, Object key, Supplier<T> fresh) {
        Object known = tables.get(key);
        if (known != null) return type.cast(known);
        T made = fresh.get();
        tables.put(key, made);
        return made;
    }

    /// The largest extent that a linear layer among them has.
    ///
    /// @param extent such as `Linear::in`
    public int largest(ToIntFunction<Linear> extent) {
        return sites.stream()
                .filter(Linear.class::isInstance)
                .mapToInt(s -> extent.applyAsInt((Linear) s))
                .max()
                .orElse(0);
    }
}
