package dev.gradine.peft;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.tensor.Tensor;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.BiConsumer;

/// Shows what goes into layers during one pass. Layers that read the same, such as queries, keys and values, follow the
/// first of them, which alone is shown.
final class InputWatch implements Adapters {

    /// Who is shown it.
    @FunctionalInterface
    interface Viewer {

        /// Is shown what one layer reads.
        ///
        /// @param x what the layer reads, `f32[N,I]`; read before the call ends
        void sees(Linear layer, Var x, Pass pass);
    }

    private final Set<Linear> layers;
    private final BiConsumer<Linear, Linear> follows;
    private final Viewer viewer;
    private final IdentityHashMap<Tensor, Linear> seen = new IdentityHashMap<>();

    /// @param follows gets each layer and the one that it follows, itself or another
    InputWatch(Set<Linear> layers, BiConsumer<Linear, Linear> follows, Viewer viewer) {
        this.layers = layers;
        this.follows = follows;
        this.viewer = viewer;
    }

    @Override
    public LinearMap at(Linear layer) {
        if (!layers.contains(layer)) return Linear::base;
        return (base, x, pass) -> {
            Linear before = seen.putIfAbsent(x.value(), base);
            follows.accept(base, before == null ? base : before);
            if (before == null) viewer.sees(base, x, pass);
            return base.base(x, pass);
        };
    }

    @Override
    public boolean touches(Site site) {
        return site instanceof Linear l && layers.contains(l);
    }
}
