package dev.gradine.train;

import dev.gradine.optim.TrainSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Settings that a run would take in silence and that do nothing, or not what they seem to.
final class RunNotes {

    private RunNotes() {}

    /// How well the policy begins at its reference: 0 of a fresh adapter that changes nothing yet, without dropout.
    ///
    /// @param difference the largest of the first batch, nats a sequence
    static String start(double difference) {
        return String.format(
                Locale.ROOT,
                "at the start policy and reference differ by at most %s nats in a sequence of the first batch",
                difference == 0 ? "0" : String.format(Locale.ROOT, "%.2g", difference));
    }

    /// What is added to the loss of a mixture of experts.
    ///
    /// @param coefficient of the loss that asks for all experts evenly
    static String routerLoss(double coefficient) {
        return "output_router_logits: %s × aux_loss, which asks for all experts evenly, is added to the loss"
                .formatted((float) coefficient);
    }

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
