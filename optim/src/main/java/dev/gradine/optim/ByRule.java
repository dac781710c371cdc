package dev.gradine.optim;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// The optimiser of an `UpdateRule`: the parameters of all groups, each with what the rule keeps for it.
final class ByRule implements Optimizer {

    private record Member(Slot slot, Group group) {}

    private final SequencedMap<String, Member> all = new LinkedHashMap<>();
    private final UpdateRule rule;
    private final Kernels run;

    /// @param run lifetime of what is kept
    /// @throws IllegalArgumentException if a parameter is in two groups
    ByRule(UpdateRule rule, List<Group> groups, Kernels run) {
        this.rule = rule;
        this.run = run;
        groups.forEach(g -> g.params().forEach((name, p) -> add(name, p, g)));
    }

    private void add(String name, Param p, Group group) {
        Map<String, Tensor> kept = new LinkedHashMap<>();
        for (Kept k : rule.keeps(name, p.value().shape())) kept.put(k.name(), zeros(k));
        if (all.put(name, new Member(new Slot(name, p, kept), group)) != null) {
            throw new IllegalArgumentException("optimizer: %s is in two groups, expected one".formatted(name));
        }
    }

    private Tensor zeros(Kept k) {
        if (k.dtype() == DType.F32) return run.zeros(k.shape());
        Tensor t = run.empty(k.dtype(), k.shape());
        try (Arena arena = Arena.ofShared();
                Kernels once = run.openStep()) {
            run.copy(once.fromHost(Tensor.zeros(arena, k.dtype(), k.shape())), t);
        }
        return t;
    }

    @Override
    public void step(int t, double lr, double gradScale) {
        for (Member m : all.values()) {
            Group g = m.group();
            rule.update(m.slot(), new Turn(t, lr * g.lrFactor(), g.decay(), gradScale, run));
            run.elementwise().fill(m.slot().grad(), 0);
        }
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        all.forEach((name, m) -> m.slot().kept().forEach((of, t) -> state.put(of + "." + name, t)));
        return state;
    }
}
