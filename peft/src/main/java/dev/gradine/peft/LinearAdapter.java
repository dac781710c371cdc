package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Pass;

/// An adapter over a linear layer.
public non-sealed interface LinearAdapter extends Adapter, LinearMap {

    /// How an adapter can act on a layer together with others.
    enum Beside {
        /// Not at all.
        ALONE,
        /// What it adds to the output is added to what the others add.
        ADDS,
        /// It acts around what the others make of the layer.
        AROUND
    }

    /// How it can act together with others.
    default Beside beside() {
        return Beside.ALONE;
    }

    /// What it adds to the layer's own output, `f32[N,O]`; asked only if it `ADDS`.
    default Var added(Linear base, Var x, Pass pass) {
        return sub(apply(base, x, pass), base.base(x, pass));
    }

    /// What it makes of the layer as `inner` computes it; asked only if it acts `AROUND`.
    default Var around(LinearMap inner, Linear base, Var x, Pass pass) {
        return apply(base, x, pass);
    }
}
