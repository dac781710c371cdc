package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;
import static java.util.Objects.requireNonNull;

import dev.gradine.autograd.Param;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// A running mean of the trained values, which is evaluated and kept in their place. Polyak & Juditsky 1992; with the
/// warm-up of diffusers' `EMAModel`.
///
/// ```
/// mean ← d · mean + (1 − d) · p          d = min(ema, (1 + t) / (10 + t))          t the number of the update, from 1
/// ```
///
/// Training itself goes on from p. The mean begins as p before the first update.
final class WeightAverage {

    /// Whether there is one.
    ///
    /// @param ema share of the mean that each update keeps; null for none
    public record Settings(
            @Option(
                    says = "Evaluate and keep a running mean of the trained values, of which each step keeps this"
                            + " share; 0.999 is usual.",
                    otherwise = "no mean")
            @Usual(
                    from = 0.9,
                    to = 0.9999,
                    why = "no mean; 0.999 remembers a thousand steps, so a short run wants less",
                    source = "Polyak & Juditsky 1992; usual in diffusion models")
            @Nullable
            Double ema) {

        /// Every value as it is.
        public static final Settings NONE = new Settings(null);

        /// @throws IllegalArgumentException if the share is out of range
        public Settings {
            if (ema != null) require("ema", ema, ema > 0 && ema < 1, "above 0 and below 1");
        }
    }

    private final @Nullable Double keep;
    private final Kernels run;
    private final SequencedMap<String, Tensor> means = new LinkedHashMap<>();
    private final SequencedMap<String, Param> params;

    WeightAverage(Settings settings, SequencedMap<String, Param> params, Kernels run) {
        keep = settings.ema();
        this.run = run;
        this.params = params;
        if (keep == null) return;
        params.forEach((name, p) -> {
            Tensor mean = run.emptyLike(p.value());
            run.copy(p.value(), mean);
            means.put(name, mean);
        });
    }

    /// Takes in the values after update `t`.
    void follow(int t) {
        if (keep == null) return;
        double d = Math.min(keep, (1.0 + t) / (10.0 + t));
        Means of = new Means(run);
        means.forEach((name, mean) -> of.join(mean, d, value(name)));
    }

    private Tensor value(String name) {
        return requireNonNull(params.get(name)).value();
    }

    /// Puts the means in the place of the values, and the values in theirs; a second time undoes it.
    void swap() {
        for (Map.Entry<String, Tensor> e : means.entrySet()) {
            try (Kernels k = run.openStep()) {
                Tensor value = k.emptyLike(e.getValue());
                k.copy(value(e.getKey()), value);
                k.copy(e.getValue(), value(e.getKey()));
                k.copy(value, e.getValue());
            }
        }
    }

    /// The means as `ema.NAME`.
    SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        means.forEach((name, t) -> state.put("ema." + name, t));
        return state;
    }
}
