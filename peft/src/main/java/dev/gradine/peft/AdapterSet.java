package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;

/// The adapters and trained copies of one model. The model itself is never touched: whoever wants them in a pass says
/// so, `Pass.with`.
public final class AdapterSet implements Adapters {

    /// Where the values of trained tensors come from: drawn fresh, or read from a file.
    interface Values {
        LoraLinear lora(Linear layer, LoraLinear.Size size, LoraLinear.Start start);

        Tensor copy(Weight weight);
    }

    private final Model model;
    private final LoraConfig config;
    private final SequencedMap<Linear, Adapter> adapters = new LinkedHashMap<>();
    private final SequencedMap<Weight, Param> copies = new LinkedHashMap<>();

    private AdapterSet(Model model, LoraConfig config) {
        this.model = model;
        this.config = config;
    }

    /// Fresh adapters for `model`; with them it still computes what it did.
    ///
    /// @param run lifetime of what is trained
    /// @throws AdapterException if no layer is a target, or a module to save does not exist
    public static AdapterSet fresh(Model model, LoraConfig config, Kernels run, RandomGenerator rng) {
        return build(model, config, run, new Values() {
            @Override
            public LoraLinear lora(Linear layer, LoraLinear.Size size, LoraLinear.Start start) {
                return LoraLinear.over(layer, size, start, rng);
            }

            @Override
            public Tensor copy(Weight weight) {
                Tensor copy = run.empty(weight.shape());
                run.copy(weight.param().value(), copy);
                return copy;
            }
        });
    }

    static AdapterSet build(Model model, LoraConfig config, Kernels run, Values values) {
        AdapterSet set = new AdapterSet(model, config);
        for (Linear layer : model.linears()) {
            if (!config.adapts(layer.path())) continue;
            var start = new LoraLinear.Start(run, config.dropout(), set.adapters.size());
            set.adapters.put(layer, values.lora(layer, config.size(layer.path()), start));
        }
        for (Weight weight : model.weights()) {
            if (config.saves(weight.module())) {
                set.copies.put(weight, Param.trained(weight.path(), values.copy(weight), run));
            }
        }
        set.requireSomething();
        return set;
    }

    private void requireSomething() {
        for (String name : config.modulesToSave()) {
            if (copies.keySet().stream().noneMatch(w -> new Targets.Suffixes(List.of(name)).matches(w.module()))) {
                throw new AdapterException("modules_to_save: %s names no module of the model".formatted(name));
            }
        }
        if (adapters.isEmpty() && copies.isEmpty()) {
            throw new AdapterException("targets: %s matches no linear layer; the model has %s"
                    .formatted(
                            config.targets(),
                            model.linears().stream().map(Linear::path).limit(8).toList()));
        }
    }

    @Override
    public LinearMap at(Linear layer) {
        Adapter a = adapters.get(layer);
        return a == null ? Linear::base : a;
    }

    @Override
    public Param at(Weight weight) {
        Param copy = copies.get(weight);
        return copy == null ? weight.param() : copy;
    }

    @Override
    public boolean touches(Site site) {
        return adapters.containsKey(site) || copies.containsKey(site);
    }

    /// The model they were made for.
    public Model model() {
        return model;
    }

    /// What is trained and how.
    public LoraConfig config() {
        return config;
    }

    /// The model's weights with the adapters added into them, as `Merge` adds them: the model computes the same without
    /// the adapters' own products.
    ///
    /// @param run lifetime of the merged weights, f32
    public Adapters merged(Kernels run) {
        SequencedMap<Weight, Param> sums = new LinkedHashMap<>();
        for (Weight weight : model.weights()) {
            if (Merge.changes(this, weight)) {
                sums.put(weight, Param.frozen(weight.path(), Merge.merged(this, weight, run)));
            }
        }
        return new Replaced(sums);
    }

    private record Replaced(SequencedMap<Weight, Param> weights) implements Adapters {
        @Override
        public Param at(Weight weight) {
            Param other = weights.get(weight);
            return other == null ? weight.param() : other;
        }

        @Override
        public boolean touches(Site site) {
            return weights.containsKey(site);
        }
    }

    /// The same adapters and copies with the values they have now, never to change: the reference of a preference loss
    /// that continues from a trained adapter.
    ///
    /// @param run lifetime of the copies
    public AdapterSet snapshot(Kernels run) {
        AdapterSet frozen = new AdapterSet(model, config);
        adapters.forEach((layer, a) -> frozen.adapters.put(layer, a.snapshot(run)));
        copies.forEach((weight, p) -> {
            Tensor value = run.empty(p.value().shape());
            run.copy(p.value(), value);
            frozen.copies.put(weight, Param.frozen(p.name(), value));
        });
        return frozen;
    }

    /// The adapters by the layer they stand for.
    public SequencedMap<Linear, Adapter> adapters() {
        return new LinkedHashMap<>(adapters);
    }

    /// Trained copies by the weight they stand for.
    public SequencedMap<Weight, Param> copies() {
        return new LinkedHashMap<>(copies);
    }

    /// Everything trained, under the names of PEFT's file.
    public SequencedMap<String, Param> trained() {
        SequencedMap<String, Param> all = new LinkedHashMap<>();
        adapters.forEach((layer, a) ->
                a.trained().forEach((name, p) -> all.put("base_model.model." + layer.path() + "." + name, p)));
        copies.forEach((weight, p) -> all.put("base_model.model." + weight.path(), p));
        return all;
    }

    /// Everything trained, in a fixed order.
    public List<Param> params() {
        return new ArrayList<>(trained().values());
    }

    /// Number of values trained.
    public long trainedValues() {
        return params().stream().mapToLong(p -> p.value().size()).sum();
    }
}
