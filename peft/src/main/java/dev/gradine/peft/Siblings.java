package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/// What the adapters of one set have in common: the places that get one, and values that all of them use, such as the
/// bank of VB-LoRA.
public final class Siblings {

    private final Model.Keys keys;
    private final List<Site> sites;
    private final Map<String, Param> shared = new HashMap<>();

    Siblings(Model.Keys keys, List<Site> sites) {
        this.keys = keys;
        this.sites = List.copyOf(sites);
    }

    /// Keys of the model's attention layers.
    Model.Keys keys() {
        return keys;
    }

    /// The places that get an adapter, in the order of the forward pass.
    public List<Site> sites() {
        return sites;
    }

    /// The value that all adapters of the set have under this name; the first that asks makes it.
    public Param shared(String name, Supplier<Param> fresh) {
        Param known = shared.get(name);
        if (known != null) return known;
        Param made = fresh.get();
        shared.put(name, made);
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
