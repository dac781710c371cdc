// Fits t = 2·x₁ − 3·x₂ with a tape, and compares the tape's first gradient with one worked out by hand.
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;

void main() {
    float[] points = {1, 0, 0, 1, 1, 1, 2, -1}; // X f32[4,2]
    float[] targets = {2, -3, -1, 7}; // t f32[1,4]
    try (Kernels run = CpuKernels.open()) { // memory of the whole program
        Param w = Param.trained("w", run.zeros(Shape.of(1, 2)), run);
        for (int step = 0; step <= 40; step++) {
            try (Kernels k = run.openStep()) { // memory of one step: closing it frees everything below
                Tape tape = Tape.recording(k);
                Var x = tape.constant(k.of(Shape.of(4, 2), points));
                Var t = tape.constant(k.of(Shape.of(1, 4), targets));
                Var e = sub(matMul(tape.param(w), x), t); // e = w Xᵀ − t
                Var loss = scale(matMul(e, e), 1f / 4); // L = e eᵀ / 4, so dL/dw = e X / 2
                tape.backward(loss); // adds dL/dw into w.grad()
                float[] dw = k.download(w.grad());
                // By hand, at w = 0: e = −t, so dw = −t X / 2 = −[2 − 1 + 14, −3 − 1 − 7] / 2.
                if (step == 0) IO.println("dw by the tape [%.1f, %.1f], by hand [-7.5, 5.5]".formatted(dw[0], dw[1]));
                if (step % 10 == 0) IO.println("step %2d  loss %.6f".formatted(step, k.download(loss.value())[0]));
                k.elementwise().axpy(-0.25f, w.grad(), w.value()); // w ← w − 0.25 · dw
                k.elementwise().fill(w.grad(), 0); // the tape only ever adds
            }
        }
        IO.println("w = [%.3f, %.3f]".formatted(run.download(w.value())[0], run.download(w.value())[1]));
    }
}
