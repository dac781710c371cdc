package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.LinearSlot;
import dev.gradine.nn.ParamSlot;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;

/// A frozen model with its adapters and trained copies, which can be switched off as a whole.
public final class AdaptedModel {

    /// Where the values of trained tensors come from: drawn fresh, or read from a file.
    interface Values {
        LoraLinear lora(LinearSlot slot, LoraLinear.Size size, LoraLinear.Site site);

        Tensor copy(ParamSlot slot);
    }

    private final CausalLm model;
    private final LoraConfig config;
    private final DropoutPlan dropout;
    private final SequencedMap<LinearSlot, Adapter> adapters = new LinkedHashMap<>();
    private final SequencedMap<ParamSlot, Param> copies = new LinkedHashMap<>();

    private AdaptedModel(CausalLm model, LoraConfig config) {
        this.model = model;
        this.config = config;
        this.dropout = new DropoutPlan(config.dropout());
    }

    /// Puts fresh adapters into `model`; the model still computes what it did.
    ///
    /// @param run lifetime of what is trained
    /// @throws AdapterException if no layer is a target, or a module to save does not exist
    public static AdaptedModel fresh(CausalLm model, LoraConfig config, Kernels run, RandomGenerator rng) {
        return build(model, config, run, new Values() {
            @Override
            public LoraLinear lora(LinearSlot slot, LoraLinear.Size size, LoraLinear.Site site) {
                return LoraLinear.over(slot.path(), slot.base(), size, site, rng);
            }

            @Override
            public Tensor copy(ParamSlot slot) {
                Tensor copy = run.empty(slot.base().value().shape());
                run.copy(slot.base().value(), copy);
                return copy;
            }
        });
    }

    static AdaptedModel build(CausalLm model, LoraConfig config, Kernels run, Values values) {
        AdaptedModel m = new AdaptedModel(model, config);
        for (LinearSlot slot : model.linears()) {
            if (!config.adapts(slot.path())) continue;
            LoraLinear.Site site = new LoraLinear.Site(run, m.dropout, m.adapters.size());
            m.adapters.put(slot, values.lora(slot, config.size(slot.path()), site));
        }
        for (ParamSlot slot : model.params()) {
            if (config.saves(slot.module())) {
                m.copies.put(slot, Param.trained(slot.path(), values.copy(slot), run));
            }
        }
        m.requireSomething();
        m.enable();
        return m;
    }

    private void requireSomething() {
        for (String name : config.modulesToSave()) {
            if (copies.keySet().stream().noneMatch(s -> new Targets.Suffixes(List.of(name)).matches(s.module()))) {
                throw new AdapterException("modules_to_save: %s names no module of the model".formatted(name));
            }
        }
        if (adapters.isEmpty() && copies.isEmpty()) {
            throw new AdapterException("targets: %s matches no linear layer; the model has %s"
                    .formatted(
                            config.targets(),
                            model.linears().stream()
                                    .map(LinearSlot::path)
                                    .limit(8)
                                    .toList()));
        }
    }

    /// The model; what it computes depends on whether adapters are on.
    public CausalLm model() {
        return model;
    }

    /// What is trained and how.
    public LoraConfig config() {
        return config;
    }

    /// Dropout of all adapters.
    public DropoutPlan dropout() {
        return dropout;
    }

    /// Uses adapters and trained copies; what was merged is taken out again.
    public void enable() {
        disable();
        adapters.forEach(LinearSlot::use);
        copies.forEach(ParamSlot::use);
    }

    /// Computes with the checkpoint's own weights alone.
    public void disable() {
        model.linears().forEach(slot -> slot.use(slot.base()));
        model.params().forEach(slot -> slot.use(slot.base()));
    }

    /// The model with its adapters added into the weights, as `Merge` adds them: it computes the same without the
    /// adapters' own products. The base is never touched, so `enable` takes the sums out again without a trace.
    ///
    /// @param run lifetime of the merged weights, f32
    public State merged(Kernels run) {
        SequencedMap<ParamSlot, Param> sums = new LinkedHashMap<>();
        for (ParamSlot slot : model.params()) {
            if (Merge.changes(this, slot)) sums.put(slot, Param.frozen(slot.path(), Merge.merged(this, slot, run)));
        }
        return () -> {
            disable();
            sums.forEach(ParamSlot::use);
        };
    }

    /// A state of the model to return to: which adapters and copies it computes with.
    public interface State {
        /// Makes the model compute so from here on.
        void use();
    }

    /// Adapters and copies with the values they have now, never to change: the reference of a preference loss that
    /// continues from a trained adapter.
    ///
    /// @param run lifetime of the copies
    public State snapshot(Kernels run) {
        SequencedMap<LinearSlot, Adapter> frozen = new LinkedHashMap<>();
        adapters.forEach((slot, a) -> frozen.put(slot, a.snapshot(run)));
        SequencedMap<ParamSlot, Param> frozenCopies = new LinkedHashMap<>();
        copies.forEach((slot, p) -> {
            Tensor value = run.empty(p.value().shape());
            run.copy(p.value(), value);
            frozenCopies.put(slot, Param.frozen(p.name(), value));
        });
        return () -> {
            frozen.forEach(LinearSlot::use);
            frozenCopies.forEach(ParamSlot::use);
        };
    }

    /// The adapters by the layer they stand in.
    public SequencedMap<LinearSlot, Adapter> adapters() {
        return adapters;
    }

    /// Trained copies by the weight they stand for.
    public SequencedMap<ParamSlot, Param> copies() {
        return copies;
    }

    /// Everything trained, under the names of PEFT's file.
    public SequencedMap<String, Param> trained() {
        SequencedMap<String, Param> all = new LinkedHashMap<>();
        adapters.forEach((slot, a) ->
                a.trained().forEach((name, p) -> all.put("base_model.model." + slot.path() + "." + name, p)));
        copies.forEach((slot, p) -> all.put("base_model.model." + slot.path(), p));
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
