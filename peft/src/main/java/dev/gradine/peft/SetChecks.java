package dev.gradine.peft;

import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import java.util.List;
import java.util.Set;

/// What must be true of fresh adapters: each name that was given means something, and nothing is trained in two ways.
final class SetChecks {

    private SetChecks() {}

    /// @throws AdapterException names what matches nothing, or is trained twice
    static void require(AdapterSet set) {
        Set<Site> adapted = set.adapters().keySet();
        Set<Weight> copied = set.copies().keySet();
        for (String name : set.selection().modulesToSave()) {
            if (copied.stream().noneMatch(w -> Selection.saves(name, w.module()))) {
                throw new AdapterException("modules_to_save: %s names no module of the model".formatted(name));
            }
        }
        if (adapted.isEmpty() && copied.isEmpty() && set.rows().isEmpty()) {
            throw new AdapterException("targets: %s matches nothing that %s adapts; the model has %s"
                    .formatted(set.selection().targets(), set.method().name(), places(set.model(), set.method())));
        }
        requireOneOfTwo(set.selection(), adapted);
        set.method().replication().require(set.model());
        if (set.method() instanceof Lora l) requireExperts(l.details().targetParameters(), set.model());
    }

    private static void requireExperts(TargetParameters named, Model model) {
        for (String name : named.names()) {
            if (model.experts().stream().anyMatch(l -> TargetParameters.matches(name, l.path()))) continue;
            throw new AdapterException("target-parameters: %s is no parameter of experts of the model, which has %s"
                    .formatted(
                            name,
                            model.experts().stream().map(Site::path).limit(4).toList()));
        }
    }

    /// Fails if biases are to be trained that the method has no field for.
    static void requireBiasField(Selection selection, Method method) {
        if (selection.bias().equals(Selection.NO_BIAS) || method.peftFields().selects("bias")) return;
        throw new AdapterException(
                "bias: is %s, expected none: %s trains no bias of the base".formatted(selection.bias(), method.name()));
    }

    /// Some of the modules that can be named.
    private static List<String> places(Model model, Method method) {
        List<String> taken = AdapterSet.sites(model).stream()
                .filter(method::takes)
                .map(Site::path)
                .toList();
        List<String> all = taken.isEmpty()
                ? model.weights().stream().map(Weight::module).distinct().toList()
                : taken;
        return all.stream().limit(8).toList();
    }

    /// PEFT copies a module with the adapters in it; here a module is trained in one of the two ways.
    private static void requireOneOfTwo(Selection selection, Set<Site> adapted) {
        for (Site site : adapted) {
            if (selection.saves(site.path())) {
                throw new AdapterException(
                        "modules_to_save: %s takes in %s, which is a target, too; expected one of the two"
                                .formatted(selection.modulesToSave(), site.path()));
            }
        }
    }
}
