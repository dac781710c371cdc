package dev.gradine.cli.demo;

import dev.gradine.cli.demo.Storyteller.Story;
import java.util.List;
import java.util.function.Predicate;

/// What one state of the model is worth, on data none of its states was trained on.
///
/// @param heldLoss mean over the tokens of the held-out completions, nats
/// @param likelier share of the held-out pairs whose chosen story is the likelier one
/// @param rewarded share of the held-out pairs whose chosen story gained more than the other one since
///     fine-tuning, which is DPO's accuracy; a tie counts half
/// @param wholeLoss mean over the tokens of whole stories, nats: what the model was made for
/// @param told stories of held-out openings, at least one
public record Scores(double heldLoss, double likelier, double rewarded, double wholeLoss, List<Story> told) {

    /// Copies the list.
    public Scores {
        told = List.copyOf(told);
    }

    /// Share of the stories that hold to the rule.
    public double speaking() {
        return share(s -> SpeechRule.holds(s.text()));
    }

    /// Share of the stories that the model ended.
    public double ending() {
        return share(Story::ended);
    }

    private double share(Predicate<Story> what) {
        return (double) told.stream().filter(what).count() / told.size();
    }
}
