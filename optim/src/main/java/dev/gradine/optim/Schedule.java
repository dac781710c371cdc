package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How the learning rate moves over a run: a factor of its peak, as `transformers` defines them.
///
/// ```
/// t < w:                     t / w                                            unless it is said otherwise
/// constant                   1
/// linear                     (T − t) / (T − w)
/// cosine                     ½ (1 + cos(2π c p))                              p = (t − w) / (T − w)
/// cosine-with-restarts       ½ (1 + cos(π (c p mod 1)))
/// polynomial                 ((lr − end) (1 − p)^power + end) / lr
/// inverse-sqrt               1 / √((t + s − w) / s)
/// cosine-with-min-lr         cosine, scaled into [min, 1]
/// cosine-warmup-with-min-lr  the same with p = (t − w + 1) / (T − w), and a warm-up that begins above 0
/// warmup-stable-decay        from min to 1, 1, from 1 to min
/// reduce-on-plateau, greedy  as evaluations say
/// ```
///
/// Step t counts from 0, T is the number of steps, w those of the warm-up. The first of
/// `permits` is the schedule of runs that name none.
public sealed interface Schedule
        permits Schedule.Linear,
                Schedule.Constant,
                Schedule.Cosine,
                Schedule.CosineWithRestarts,
                Schedule.Polynomial,
                Schedule.InverseSqrt,
                CosineWithMinLr,
                CosineWarmupWithMinLr,
                WarmupStableDecay,
                Watching {

    /// The run a schedule is for.
    ///
    /// @param warmup steps of rising, w
    /// @param total steps, T
    /// @param lr peak learning rate
    record Span(int warmup, int total, double lr) {

        boolean warms(int t) {
            return t < warmup;
        }

        double rise(int t) {
            return (double) t / warmup;
        }

        /// Share of the steps after the warm-up that step `t` has behind it.
        double progress(double t) {
            return (t - warmup) / Math.max(1, total - warmup);
        }
    }

    /// How users write it.
    String name();

    /// Factor at step `t`.
    double factor(int t, Span span);

    /// Whether it depends on how many steps there are.
    default boolean needsTotal() {
        return true;
    }

    /// Fails where its options do not suit a run.
    ///
    /// @throws IllegalArgumentException names the option
    default void requireUse(Span span) {}

    /// All of them, with their usual options.
    static List<Schedule> all() {
        List<Schedule> all = new ArrayList<>();
        for (Class<?> c : Schedule.class.getPermittedSubclasses()) {
            if (c != Watching.class) all.add(defaults(c));
        }
        for (Class<?> c : Watching.class.getPermittedSubclasses()) all.add(defaults(c));
        return all;
    }

    private static Schedule defaults(Class<?> type) {
        try {
            return (Schedule) type.getMethod("defaults").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("schedule: " + type.getName() + " has no public static defaults()", e);
        }
    }

    /// From 1 at p = 0 down to 0 and up again, `cycles` times by p = 1.
    static double wave(double cycles, double p) {
        return 0.5 * (1 + Math.cos(2 * Math.PI * cycles * p));
    }

    /// Falls in a line.
    record Linear() implements Schedule {

        /// The only one.
        public static Linear defaults() {
            return new Linear();
        }

        @Override
        public String name() {
            return "linear";
        }

        @Override
        public double factor(int t, Span s) {
            return s.warms(t) ? s.rise(t) : Math.max(0, (s.total() - t) / (double) Math.max(1, s.total() - s.warmup()));
        }
    }

    /// Stays.
    record Constant() implements Schedule {

        /// The only one.
        public static Constant defaults() {
            return new Constant();
        }

        @Override
        public String name() {
            return "constant";
        }

        @Override
        public double factor(int t, Span s) {
            return s.warms(t) ? s.rise(t) : 1;
        }

        @Override
        public boolean needsTotal() {
            return false;
        }
    }

    /// Falls along a cosine. Loshchilov & Hutter 2017 (arXiv:1608.03983), eq. 5.
    ///
    /// @param cycles waves c; a half for down to 0
    record Cosine(@Option(says = "Waves of the cosine.") double cycles) implements Schedule {

        /// Half a wave.
        public static Cosine defaults() {
            return new Cosine(0.5);
        }

        @Override
        public String name() {
            return "cosine";
        }

        @Override
        public double factor(int t, Span s) {
            return s.warms(t) ? s.rise(t) : Math.max(0, wave(cycles, s.progress(t)));
        }
    }

    /// Falls along half a cosine, again and again. Loshchilov & Hutter 2017 (arXiv:1608.03983), section 3.
    ///
    /// @param cycles how often
    record CosineWithRestarts(
            @Option(says = "How often it falls.") double cycles) implements Schedule {

        /// Once.
        public static CosineWithRestarts defaults() {
            return new CosineWithRestarts(1);
        }

        @Override
        public String name() {
            return "cosine-with-restarts";
        }

        @Override
        public double factor(int t, Span s) {
            if (s.warms(t)) return s.rise(t);
            double p = s.progress(t);
            return p >= 1 ? 0 : Math.max(0, wave(0.5, cycles * p % 1));
        }
    }

    /// Falls along a power.
    ///
    /// @param endLr learning rate in the end
    /// @param power 1 for a line
    record Polynomial(
            @Option(says = "Learning rate in the end.", least = 0)
            double endLr,

            @Option(says = "Power of what is left of the run.", least = 0)
            double power)
            implements Schedule {

        /// A line down to 1e-7.
        public static Polynomial defaults() {
            return new Polynomial(1e-7, 1);
        }

        @Override
        public String name() {
            return "polynomial";
        }

        @Override
        public double factor(int t, Span s) {
            if (s.warms(t)) return s.rise(t);
            double left = Math.max(0, 1 - s.progress(t));
            return ((s.lr() - endLr) * Math.pow(left, power) + endLr) / s.lr();
        }

        @Override
        public void requireUse(Span s) {
            require("end-lr", endLr, endLr < s.lr(), "below --lr, which is " + s.lr());
        }
    }

    /// Falls with the root of the steps taken, whatever their number. Vaswani et al. 2017 (arXiv:1706.03762), eq. 3.
    ///
    /// @param timescale steps s in which it falls to 1 / √2; null for those of the warm-up, or 10,000
    record InverseSqrt(
            @Option(
                    says = "Steps in which it falls to 0.7.",
                    label = "STEPS",
                    least = 1,
                    otherwise = "--warmup, or 10000")
            @Nullable
            Integer timescale)
            implements Schedule {

        /// The timescale is that of the warm-up.
        public static InverseSqrt defaults() {
            return new InverseSqrt(null);
        }

        @Override
        public String name() {
            return "inverse-sqrt";
        }

        @Override
        public double factor(int t, Span s) {
            if (s.warms(t)) return s.rise(t);
            double scale = timescale != null ? timescale : s.warmup() > 0 ? s.warmup() : 10_000;
            return 1 / Math.sqrt((t + scale - s.warmup()) / scale);
        }

        @Override
        public boolean needsTotal() {
            return false;
        }
    }
}
