package dev.gradine.bench;

import java.util.function.Function;
import java.util.function.Supplier;

/// One work made ready on both sides.
///
/// @param ours does it once
/// @param computed what ours computed, in the peer's order
/// @param theirs the same work of a peer
record Contest(Runnable ours, Supplier<float[]> computed, Function<Peer, Peer.Job> theirs) {

    /// Does it once and gives what it computed.
    float[] result() {
        ours.run();
        return computed.get();
    }

    /// Results one behind the other.
    static float[] join(float[]... parts) {
        int n = 0;
        for (float[] part : parts) n += part.length;
        float[] all = new float[n];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /// Both sides round differently, by far less than a mistake would show.
    ///
    /// @throws IllegalStateException if a value is further from the peer's than a thousandth of the largest
    static void requireSame(String work, float[] ours, float[] theirs) {
        if (ours.length != theirs.length) {
            throw new IllegalStateException(
                    "%s: %d values, the peer has %d".formatted(work, ours.length, theirs.length));
        }
        float largest = 0;
        for (float v : theirs) largest = Math.max(largest, Math.abs(v));
        for (int i = 0; i < ours.length; i++) {
            if (Math.abs(ours[i] - theirs[i]) <= 1e-3f * largest) continue; // false for NaN
            throw new IllegalStateException(
                    "%s: value %d is %s, the peer has %s".formatted(work, i, ours[i], theirs[i]));
        }
    }
}
