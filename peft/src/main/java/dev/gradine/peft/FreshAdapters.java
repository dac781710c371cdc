package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.tensor.Kernels;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Fresh adapters of any method: one that begins from data reads it first.
public final class FreshAdapters {

    private FreshAdapters() {}

    /// Adapters for `model`.
    ///
    /// @param start of the first adapter
    /// @param tell gets a line about the data that was read
    /// @throws AdapterException if no layer is a target, or nothing can be learnt from the data
    public static AdapterSet of(
            Model model, Method method, Selection where, Start start, Calibration data, Consumer<String> tell) {
        Optional<Lora> lora = method.lowRank();
        if (lora.isEmpty() || !(lora.get().details().initLoraWeights() instanceof FromData way)) {
            return AdapterSet.fresh(model, method, where, start);
        }
        Selection named = where.of(model, method);
        List<Linear> layers = AdapterSet.sites(model).stream()
                .filter(site -> method.takes(site) && named.adapts(site))
                .filter(Linear.class::isInstance)
                .map(Linear.class::cast)
                .toList();
        try (Arena arena = Arena.ofShared()) {
            FromData.Outcome found;
            try (Kernels k = start.run().openStep()) {
                found = way.learn(new FromData.Lesson(lora.get(), layers, data, k, arena));
            }
            tell.accept("adapter %s: %s".formatted(method.name(), found.told()));
            Selection rest = without(layers, found, named, model);
            Learnt learnt = layer -> Optional.ofNullable(found.values().get(layer));
            return AdapterSet.fresh(model, method.over(found.lora()), rest, start.knowing(learnt));
        }
    }

    /// Without the layers that got nothing.
    private static Selection without(List<Linear> layers, FromData.Outcome found, Selection where, Model model) {
        if (found.values().keySet().containsAll(layers)) return where;
        List<String> paths = AdapterSet.sites(model).stream()
                .filter(where::adapts)
                .filter(site -> !layers.contains(site) || found.values().containsKey(site))
                .map(Site::path)
                .toList();
        return where.with(new Targets.Suffixes(paths));
    }
}
