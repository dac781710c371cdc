package dev.gradine.optim;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The parameters of all groups, each with the tensors an optimiser keeps for it.
final class Slots {

    /// One parameter.
    ///
    /// @param group whose numbers hold for it
    /// @param kept tensors of its shape, zero at first, in the order of their names
    record Slot(Param param, Group group, List<Tensor> kept) {
        Tensor value() {
            return param.value();
        }

        Tensor grad() {
            return param.grad();
        }
    }

    private final SequencedMap<String, Slot> all = new LinkedHashMap<>();
    private final List<String> names;
    private final Kernels run;

    /// @param run lifetime of the kept tensors
    /// @param names of the kept tensors, such as `m`
    /// @throws IllegalArgumentException if a parameter is in two groups
    Slots(List<Group> groups, Kernels run, List<String> names) {
        this.names = names;
        this.run = run;
        groups.forEach(g -> g.params().forEach((name, p) -> add(name, p, g)));
    }

    private void add(String name, Param p, Group group) {
        List<Tensor> kept = Stream.generate(() -> run.zeros(p.value().shape()))
                .limit(names.size())
                .toList();
        if (all.put(name, new Slot(p, group, kept)) != null) {
            throw new IllegalArgumentException("optimizer: %s is in two groups, expected one".formatted(name));
        }
    }

    /// Applies a formula to each parameter, and clears its gradient.
    void update(Consumer<Slot> formula) {
        for (Slot s : all.values()) {
            formula.accept(s);
            run.elementwise().fill(s.grad(), 0);
        }
    }

    /// The kept tensors as `m.layer.weight`.
    SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            int at = i;
            all.forEach(
                    (name, s) -> state.put(names.get(at) + "." + name, s.kept().get(at)));
        }
        return state;
    }
}
