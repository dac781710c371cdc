package dev.gradine.eval.judge;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait before a question is asked again.
///
/// ```
/// wait = first · 2ⁿ · u          u from ½ to 1, n failures so far; at least what the server asks for, at most
/// `longest`
/// ```
///
/// @param retries how often a question is asked again
/// @param first unit of waiting
/// @param longest bound of one wait
/// @param random draws u, so that many clients do not come back at once
/// @param sleep waits
public record Backoff(int retries, Duration first, Duration longest, RandomGenerator random, Sleep sleep) {

    /// Waits.
    public interface Sleep {

        /// Returns after so long.
        void sleep(Duration time) throws InterruptedException;
    }

    /// Five more times, a second at first and two minutes at most.
    public static Backoff usual(RandomGenerator random) {
        return new Backoff(5, Duration.ofSeconds(1), Duration.ofMinutes(2), random, Thread::sleep);
    }

    /// Waits after failure number `n`, from 0.
    ///
    /// @param asked what the server asks for; zero if it does not
    void after(int n, Duration asked) throws InterruptedException {
        double millis = first.toMillis() * Math.pow(2, n) * share();
        long wait = Math.min(longest.toMillis(), Math.max(asked.toMillis(), (long) millis));
        sleep.sleep(Duration.ofMillis(wait));
    }

    private double share() {
        synchronized (random) { // questions are asked side by side
            return random.nextDouble(0.5, 1);
        }
    }
}
