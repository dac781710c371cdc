package dev.gradine.optim;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;

/// A cosine that ends above 0.
///
/// @param cycles waves
/// @param floor least factor
public record CosineWithMinLr(
        @Option(says = "Waves of the cosine.") double cycles,
        @Part Floor floor) implements Schedule {

    static final double USUAL = 0.1; // Hoffmann et al. 2022 (arXiv:2203.15556), section 3.1

    /// Half a wave down to a tenth.
    public static CosineWithMinLr defaults() {
        return new CosineWithMinLr(0.5, Floor.USUAL);
    }

    @Override
    public String name() {
        return "cosine-with-min-lr";
    }

    @Override
    public double factor(int t, Span s) {
        return s.warms(t) ? s.rise(t) : Floor.above(floor.of(s, USUAL), Schedule.wave(cycles, s.progress(t)));
    }

    @Override
    public void requireUse(Span s) {
        floor.requireBelow(s);
    }
}
