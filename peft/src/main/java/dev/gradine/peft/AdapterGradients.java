package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Gradients of everything that an adapter trains, under the names that PEFT's model has for its parameters. They are
/// those of the adapter's file, but for two:
///
/// ```
/// file                                  parameter
/// ….lora_magnitude_vector               ….lora_magnitude_vector.weight
/// base_model.model.score.weight         base_model.model.score.modules_to_save.weight        of a module trained whole
/// ```
public final class AdapterGradients {

    private static final String MAGNITUDE = ".lora_magnitude_vector";

    private AdapterGradients() {}

    /// The gradients summed so far, in host memory of `arena`, the way round that the file has the values.
    public static SequencedMap<String, Tensor> of(AdapterSet set, Kernels k, Arena arena) {
        SequencedMap<String, Tensor> all = new LinkedHashMap<>();
        set.trained().forEach((name, p) -> {
            if (p.isTrained()) all.put(name.endsWith(MAGNITUDE) ? name + ".weight" : name, k.toHost(p.grad(), arena));
        });
        set.copies().forEach((weight, p) -> copy(all, set, weight, p, k, arena));
        return all;
    }

    private static void copy(
            SequencedMap<String, Tensor> all, AdapterSet set, Weight weight, Param p, Kernels k, Arena arena) {
        Tensor grad = all.remove(set.stored(weight));
        if (grad == null) return; // tied to one that is there
        boolean isWhole = set.selection().saves(weight.module());
        String name = isWhole ? within(set.selection(), weight) : set.stored(weight);
        all.put(name, weight.isTransposed() ? Transposed.of(k.toHost(p.grad(), arena)) : grad);
    }

    /// Name of a tensor within the outermost module that is trained whole.
    private static String within(Selection where, Weight weight) {
        String path = weight.path();
        int end = path.indexOf('.');
        while (!where.saves(path.substring(0, end))) end = path.indexOf('.', end + 1);
        return AdapterFolder.PREFIX + path.substring(0, end) + ".modules_to_save" + path.substring(end);
    }
}
