package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import java.util.SequencedMap;

/// An adapter that adds what its formula gives to the output of a linear layer.
///
/// ```
/// y = x Wᵀ + b + u(drop(x))
/// ```
interface AddingAdapter extends LinearAdapter {

    /// Its values.
    NamedParams values();

    /// What is left out in training.
    Drop drop();

    /// Number of this adapter in its model, so that no two draw the same mask.
    int number();

    /// u, linear: from `f32[N,I]` to `f32[N,O]`.
    Var update(Var x, Here here);

    @Override
    default Var apply(Linear base, Var x, Pass pass) {
        Here here = Here.in(pass, x, base, values(), number());
        if (drop().all(here)) return base.base(x, pass);
        return x.tape()
                .frame(
                        in -> {
                            Var read = drop().from(in, here);
                            return add(base.base(in, pass), update(read, here));
                        },
                        x);
    }

    @Override
    default Beside beside() {
        return Beside.ADDS;
    }

    @Override
    default Var added(Linear base, Var x, Pass pass) {
        Here here = Here.in(pass, x, base, values(), number());
        if (drop().all(here)) return here.zeros(x.shape().dim(0), base.out());
        return x.tape().frame(in -> update(drop().from(in, here), here), x);
    }

    @Override
    default SequencedMap<String, Param> params() {
        return values().trained();
    }

    @Override
    default SequencedMap<String, Param> fixed() {
        return values().fixed();
    }
}
