package dev.gradine.align;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Numbers that a recipe keeps from batch to batch, each 0 at first. A checkpoint holds them, so that a
/// resumed run goes on with them.
public final class Memory {

    /// Of recipes that remember nothing.
    public static final Memory NONE = new Memory(new LinkedHashMap<>(), true);

    private final SequencedMap<String, Tensor> values; // f32[1]
    private final boolean fixed;

    private Memory(SequencedMap<String, Tensor> values, boolean fixed) {
        this.values = values;
        this.fixed = fixed;
    }

    /// Numbers with these names.
    ///
    /// @param kernels whose lifetime they have
    public static Memory of(Kernels kernels, List<String> names) {
        SequencedMap<String, Tensor> values = new LinkedHashMap<>();
        for (String name : names) values.put(name, kernels.zeros(Shape.of(1)));
        return new Memory(values, false);
    }

    /// The same numbers for an evaluation, which leaves them as they are.
    public Memory forEvaluation() {
        return new Memory(values, true);
    }

    private Tensor at(String name) {
        Tensor value = values.get(name);
        if (value != null) return value;
        throw new IllegalStateException("memory: \"%s\", expected one of %s (what the recipe remembers)"
                .formatted(name, values.sequencedKeySet()));
    }

    /// The number of that name.
    float get(String name, Kernels k) {
        return k.download(at(name))[0];
    }

    /// Puts a number in its place; an evaluation does not.
    void put(String name, float value, Kernels k) {
        if (!fixed) k.elementwise().fill(at(name), value);
    }

    /// The tensors behind it, by name; writing into them restores it.
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> all = new LinkedHashMap<>();
        values.forEach((name, t) -> all.put("recipe." + name, t));
        return all;
    }
}
