package dev.gradine.optim;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/// An optimiser that moves each parameter by one formula: a record of its numbers, what it keeps, and the formula.
///
/// `permits` is the list of optimisers; each has a static `defaults()`, and the first is the one of runs that name
/// none.
public sealed interface UpdateRule extends Optimizer.Settings
        permits AdamW, Adam, EightBit, AdEmaMix, Lion, Sgd, Adafactor, Muon, LoraFa {

    /// What is kept beside a parameter.
    List<Kept> keeps(String name, Shape shape);

    /// Moves the parameter of `s`. Its gradient may be overwritten on the way; it is cleared afterwards.
    void update(Slot s, Turn turn);

    @Override
    default Optimizer over(List<Group> groups, Kernels run) {
        return new ByRule(this, groups, run);
    }

    @Override
    default long stateBytes(String name, Shape shape) {
        return keeps(name, shape).stream().mapToLong(Kept::bytes).sum();
    }

    /// All of them, with their usual numbers.
    static List<UpdateRule> all() {
        return below(UpdateRule.class);
    }

    private static List<UpdateRule> below(Class<?> type) {
        if (!type.isSealed()) return List.of(defaults(type));
        List<UpdateRule> all = new ArrayList<>();
        for (Class<?> c : type.getPermittedSubclasses()) all.addAll(below(c));
        return all;
    }

    private static UpdateRule defaults(Class<?> type) {
        try {
            return (UpdateRule) type.getMethod("defaults").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("optimizer: " + type.getName() + " has no public static defaults()", e);
        }
    }

    /// How many of `groups` a question is true of, as `3 of 40`.
    static String share(List<Group> groups, Asked asked) {
        List<Param> all =
                groups.stream().flatMap(g -> g.params().values().stream()).toList();
        long those = groups.stream()
                .flatMap(g -> g.params().entrySet().stream())
                .filter(e -> asked.isTrue(e.getKey(), e.getValue().value().shape()))
                .count();
        return those == 0 ? "" : "%d of %d".formatted(those, all.size());
    }

    /// A question about a parameter.
    @FunctionalInterface
    interface Asked {
        /// Its answer.
        boolean isTrue(String name, Shape shape);
    }
}
