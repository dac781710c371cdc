package dev.gradine.models;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Block.FeedForward;
import dev.gradine.nn.FusedGated;
import dev.gradine.nn.Gated;
import dev.gradine.nn.Gated.Gate;
import dev.gradine.nn.Plain;
import dev.gradine.nn.Weights;
import java.util.function.UnaryOperator;

/// Feed-forward layers from their weights.
///
/// @param hidden channels C
/// @param inner channels I
/// @param bias whether linear layers have biases
record FeedForwards(int hidden, int inner, boolean bias) {

    /// A gated one under Llama's names.
    Gated gated(Weights at, Gate gate) {
        return gated(at, gate, "gate_proj", "up_proj", "down_proj");
    }

    /// A gated one under other names.
    Gated gated(Weights at, Gate gate, String g, String up, String down) {
        return new Gated(
                gate,
                at.linear(g, inner, hidden, bias),
                at.linear(up, inner, hidden, bias),
                at.linear(down, hidden, inner, bias));
    }

    /// A gated one whose gate and whose other half are one layer, the gate's rows first.
    FeedForward fused(Weights at, Gate gate, String gateUp, String down) {
        return new FusedGated(gate, at.linear(gateUp, 2 * inner, hidden, bias), at.linear(down, hidden, inner, bias));
    }

    /// One without a gate.
    FeedForward plain(Weights at, UnaryOperator<Var> act, String up, String down) {
        return new Plain(act, at.linear(up, inner, hidden, bias), at.linear(down, hidden, inner, bias));
    }
}
