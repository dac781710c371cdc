package dev.gradine.nn;

import static dev.gradine.autograd.op.Rope.rope;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.Arrays;

/// Rotary position embedding of a model.
///
/// Its cosines and sines are kept for the positions read so far, not for all that the model allows: a model of a
/// million positions costs no more than the longest text it has read.
public final class Rotary {

    private final float[] omega;
    private final float scale;
    private int known; // positions of which angles are kept
    private float[] cos = new float[0]; // [known,D/2]
    private float[] sin = new float[0]; // [known,D/2]

    /// @param omega frequencies of the D/2 pairs
    /// @param scale of cosines and sines
    Rotary(float[] omega, float scale) {
        this.omega = omega.clone();
        this.scale = scale;
    }

    /// Angles of consecutive positions on a device.
    ///
    /// @param cos `f32[P,D/2]`
    /// @param sin `f32[P,D/2]`
    public record Tables(Tensor cos, Tensor sin) {}

    /// Tables of positions `from` to `to` (exclusive).
    public synchronized Tables tables(Kernels k, int from, int to) {
        int half = omega.length;
        if (to > known) grow(to);
        Shape shape = Shape.of(to - from, half);
        return new Tables(
                k.of(shape, Arrays.copyOfRange(cos, from * half, to * half)),
                k.of(shape, Arrays.copyOfRange(sin, from * half, to * half)));
    }

    /// To at least the positions below `positions`; what grows doubles, so that decoding computes each angle once. The
    /// angle is rounded to f32 before its cosine is taken, as the models were trained.
    private void grow(int positions) {
        int half = omega.length;
        int most = Integer.MAX_VALUE / 2 / half;
        int more = Math.max(positions, (int) Math.min(most, 2L * known));
        cos = Arrays.copyOf(cos, Math.multiplyExact(more, half));
        sin = Arrays.copyOf(sin, more * half);
        for (int p = known; p < more; p++) {
            for (int i = 0; i < half; i++) {
                float angle = p * omega[i];
                cos[p * half + i] = (float) Math.cos(angle) * scale;
                sin[p * half + i] = (float) Math.sin(angle) * scale;
            }
        }
        known = more;
    }

    /// Turns each pair of channels by the angle of the row's position, `f32[N,H·D] → f32[N,H·D]`.
    public Var rotate(Var x, Pass pass) {
        Tables t = pass.tables(this);
        return rope(x, pass.tableRows(), t.cos, t.sin);
    }
}
