package dev.gradine.nn;

import java.util.Arrays;

/// Cosines and sines of one set of rotary frequencies.
///
/// They are kept for the positions asked for so far, not for all that the model allows: a model of a million positions
/// costs no more than the longest text it has read.
final class AngleTable {

    private final float[] omega;
    private final float scale;
    private int known; // positions of which angles are kept
    private float[] cos = new float[0]; // [known,R/2]
    private float[] sin = new float[0]; // [known,R/2]

    /// @param omega frequencies of the R/2 pairs
    /// @param scale of cosines and sines
    AngleTable(float[] omega, float scale) {
        this.omega = omega.clone();
        this.scale = scale;
    }

    /// Pairs of channels, R/2.
    int pairs() {
        return omega.length;
    }

    /// Writes the angles of positions `from` to `to` (exclusive) at the front of two arrays, or from a row on.
    synchronized void put(int from, int to, float[] cosines, float[] sines, int row) {
        if (to > known) grow(to);
        int half = omega.length;
        System.arraycopy(cos, from * half, cosines, row * half, (to - from) * half);
        System.arraycopy(sin, from * half, sines, row * half, (to - from) * half);
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
}
