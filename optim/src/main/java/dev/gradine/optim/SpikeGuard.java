package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// Leaves out the updates of steps whose loss leaps, such as those of broken rows.
///
/// ```
/// spike:  loss > mean + X · max(deviation, 1 % of |mean|)          over the last 50 losses that were none
/// ```
///
/// It judges from the 21st loss on. Chowdhery et al. 2022 (arXiv:2204.02311), section 5.1, leave such batches out by
/// hand.
final class SpikeGuard {

    /// Which losses are spikes.
    ///
    /// @param maxSpike standard deviations X; null where every step is taken
    public record Settings(
            @Option(
                    says = "Leave out steps whose loss lies more than X standard deviations above the mean of the"
                            + " last 50; five in a row end the run.",
                    otherwise = "every step is taken")
            @Usual(
                    from = 4,
                    to = 50,
                    why = "every step counts; 6 to 10 deviations are rare in a healthy run",
                    source = "a choice of this program")
            @Nullable
            Double maxSpike) {

        /// Every step is taken.
        public static final Settings NONE = new Settings(null);

        /// @throws IllegalArgumentException if the number is out of range
        public Settings {
            if (maxSpike != null) require("max-spike", maxSpike, maxSpike > 0, "above 0");
        }
    }

    /// Spikes in a row that are no broken rows any more.
    static final int MOST_IN_A_ROW = 5;

    private static final int WINDOW = 50;
    private static final int ENOUGH = 20;
    private static final double LEAST_DEVIATION = 0.01; // of the mean: losses that hardly move

    private final @Nullable Double most;
    private final Kernels run;
    private final Tensor losses; // how many were no spikes, spikes in a row, and the last of the former

    SpikeGuard(Settings settings, Kernels run) {
        most = settings.maxSpike();
        this.run = run;
        losses = run.zeros(Shape.of(most == null ? 0 : 2 + WINDOW));
    }

    /// What is said of a spike: the line for the user; empty for a loss that is none, which is remembered.
    String judge(double loss) {
        if (most == null) return "";
        float[] known = run.download(losses);
        int count = (int) known[0];
        String line = count < ENOUGH ? "" : line(known, Math.min(count, WINDOW), loss, most);
        if (line.isEmpty()) {
            known[2 + count % WINDOW] = (float) loss;
            known[0]++;
            known[1] = 0;
        } else {
            known[1]++;
        }
        run.upload(known, losses);
        return line;
    }

    private static String line(float[] known, int n, double loss, double most) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += known[2 + i];
        double mean = sum / n;
        double squares = 0;
        for (int i = 0; i < n; i++) squares += (known[2 + i] - mean) * (known[2 + i] - mean);
        double deviation = Math.max(Math.sqrt(squares / n), LEAST_DEVIATION * Math.abs(mean));
        return loss > mean + most * deviation
                ? "loss %.4f is %.1f standard deviations above %.4f, the mean of the last %d; the step is left out"
                        .formatted(loss, (loss - mean) / deviation, mean, n)
                : "";
    }

    /// Spikes since the last loss that was none.
    int inARow() {
        return most == null ? 0 : (int) run.download(losses)[1];
    }

    /// The losses it knows.
    SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        if (most != null) state.put("spike.losses", losses);
        return state;
    }
}
