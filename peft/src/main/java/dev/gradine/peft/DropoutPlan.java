package dev.gradine.peft;

/// Dropout of the adapters of one model: off unless training has said which masks to draw.
///
/// The mask of a forward pass is a function of the number given to `train` and the adapter's own number, so that a
/// resumed run draws the masks the uninterrupted one would have drawn.
public final class DropoutPlan {

    private final float p;
    private boolean training;
    private long pass;

    /// @param p probability of dropping a value, in [0, 1)
    public DropoutPlan(float p) {
        this.p = p;
    }

    /// Probability of dropping a value.
    public float p() {
        return p;
    }

    /// Draws masks from here on.
    ///
    /// @param passSeed a number that no other forward pass of the run has
    public void train(long passSeed) {
        training = true;
        pass = passSeed;
    }

    /// Drops nothing from here on.
    public void evaluate() {
        training = false;
    }

    /// Whether values are dropped now.
    public boolean isOn() {
        return training && p > 0;
    }

    /// Seed of one adapter's mask in the present pass.
    ///
    /// Mixed, as a mask's values are hashes of the seed plus multiples of one constant: two seeds a multiple of it
    /// apart would draw one mask, shifted.
    long seed(int adapter) {
        long z = (pass * 0x9E3779B97F4A7C15L) ^ (adapter * 0xD1B54A32D192ED03L);
        z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
        z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
        return z ^ (z >>> 32);
    }
}
