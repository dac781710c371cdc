package dev.gradine.train;

/// Numbers of a run that do not depend on what it trains.
///
/// @param steps optimisation steps T
/// @param batch examples of one micro-batch
/// @param accumulate micro-batches of one step
/// @param lr peak learning rate
/// @param schedule how it moves
/// @param warmup steps until the peak
/// @param optimizer AdamW's own settings
/// @param seed of dropout masks
/// @param evalEvery steps from one evaluation to the next; 0 for before and after only
/// @param saveEvery steps from one checkpoint to the next; 0 for none but on interruption
public record TrainSettings(
        int steps,
        int batch,
        int accumulate,
        double lr,
        Schedule schedule,
        int warmup,
        AdamW.Settings optimizer,
        long seed,
        int evalEvery,
        int saveEvery) {

    /// @throws IllegalArgumentException names the number that is out of range
    public TrainSettings {
        require("steps", steps, steps >= 1, "at least 1");
        require("batch", batch, batch >= 1, "at least 1");
        require("accumulate", accumulate, accumulate >= 1, "at least 1");
        require("lr", lr, lr >= 0 && Double.isFinite(lr), "a finite number of at least 0");
        require("warmup", warmup, warmup >= 0, "at least 0");
        require("weight-decay", optimizer.weightDecay(), optimizer.weightDecay() >= 0, "at least 0");
        require("clip", optimizer.clip(), optimizer.clip() >= 0, "at least 0 (0 for no clipping)");
        require("eval-every", evalEvery, evalEvery >= 0, "at least 0");
        require("save-every", saveEvery, saveEvery >= 0, "at least 0");
    }

    private static void require(String name, Object value, boolean ok, String expected) {
        if (!ok) throw new IllegalArgumentException("%s: %s, expected %s".formatted(name, value, expected));
    }
}
