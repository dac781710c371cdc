package dev.gradine.train;

import dev.gradine.optim.TrainSettings;
import java.util.ArrayList;
import java.util.List;

/// Settings that a run would take in silence and that do nothing, or not what they seem to.
final class RunNotes {

    private RunNotes() {}

    /// A line for each.
    ///
    /// @param settings with the steps of the run
    /// @param evaluates whether rows were held out
    static List<String> of(RunSettings settings, boolean evaluates) {
        TrainSettings train = settings.train();
        List<String> notes = new ArrayList<>();
        if (train.evalEvery() > 0 && !evaluates) {
            notes.add("--eval-every %d does nothing, for no rows are held out: give --eval-split"
                    .formatted(train.evalEvery()));
        }
        if (train.warmup() >= train.steps()) {
            notes.add("--warmup %d of %d steps: the learning rate never reaches %s"
                    .formatted(train.warmup(), train.steps(), train.lr()));
        }
        if (train.lr() == 0) notes.add("--lr 0: nothing is learnt");
        return notes;
    }
}
