package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import org.jspecify.annotations.Nullable;

/// A cosine that begins and ends above 0: its warm-up has no step of learning rate 0.
///
/// @param cycles waves
/// @param floor least factor after the warm-up
/// @param warmupLrRate factor of the first step; null for 1 / w
public record CosineWarmupWithMinLr(
        @Option(says = "Waves of the cosine.") double cycles,
        @Part Floor floor,

        @Option(says = "Learning rate of the first step, as a share of --lr.", least = 0, otherwise = "1 / --warmup")
        @Nullable
        Double warmupLrRate)
        implements Schedule {

    /// Half a wave down to a tenth.
    public static CosineWarmupWithMinLr defaults() {
        return new CosineWarmupWithMinLr(0.5, Floor.USUAL, null);
    }

    @Override
    public String name() {
        return "cosine-warmup-with-min-lr";
    }

    @Override
    public double factor(int t, Span s) {
        if (!s.warms(t))
            return Floor.above(floor.of(s, CosineWithMinLr.USUAL), Schedule.wave(cycles, s.progress(t + 1)));
        if (warmupLrRate == null) return (t + 1.0) / s.warmup();
        return warmupLrRate + (1 - warmupLrRate) * t / Math.max(1, s.warmup() - 1);
    }

    @Override
    public void requireUse(Span s) {
        floor.requireBelow(s);
        if (warmupLrRate == null) return;
        require("warmup-lr-rate", warmupLrRate, s.warmup() > 0, "a --warmup for it to begin");
    }
}
