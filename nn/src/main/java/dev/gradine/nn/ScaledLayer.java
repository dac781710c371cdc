package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.mul;

import dev.gradine.autograd.Var;

/// A block whose result is multiplied by one learnt number, as in Gemma 4.
///
/// ```
/// y = s · block(h)
/// ```
///
/// @param scalar s `f32[1]`
public record ScaledLayer(Block block, Weight scalar) implements Block {

    @Override
    public Var forward(Var h, Pass pass) {
        return h.tape().frame(x -> mul(block.forward(x, pass), scalar.on(x, pass)), h);
    }

    @Override
    public Mixer mixer() {
        return block.mixer();
    }
}
