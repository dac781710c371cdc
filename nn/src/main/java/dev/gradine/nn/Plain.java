package dev.gradine.nn;

import dev.gradine.autograd.Var;
import java.util.function.UnaryOperator;

/// Feed-forward layer without a gate.
///
/// ```
/// y = Wproj · act(Wfc n)
/// ```
///
/// @param act function of each value, such as GELU
public record Plain(UnaryOperator<Var> act, Linear fc, Linear proj) implements Block.FeedForward {

    @Override
    public Var forward(Var n, Pass pass) {
        return n.tape().frame(x -> proj.forward(act.apply(fc.forward(x, pass)), pass), n);
    }
}
