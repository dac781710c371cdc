package dev.gradine.bench;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/// An op forward and backward, through a tape and in a step of its own.
///
/// @param op from a tape and the inputs on it to y
/// @param dy gradient of y
/// @param inputs that a gradient is wanted of
record OpRun(Kernels device, BiFunction<Tape, List<Var>, Var> op, Tensor dy, List<Tensor> inputs) implements Runnable {

    @Override
    public void run() {
        try (Kernels k = device.openStep()) {
            play(k);
        }
    }

    /// y and the gradients of the inputs, one behind the other.
    float[] results() {
        try (Kernels k = device.openStep()) {
            float[][] all = play(k).stream().map(k::download).toArray(float[][]::new);
            return Contest.join(all);
        }
    }

    private List<Tensor> play(Kernels k) {
        Tape tape = Tape.recording(k);
        List<Var> leaves = inputs.stream().map(tape::leaf).toList();
        Var y = op.apply(tape, leaves);
        tape.backward(y, dy);
        List<Tensor> results = new ArrayList<>(List.of(y.value()));
        for (Var leaf : leaves) results.add(leaf.grad());
        return results;
    }
}
