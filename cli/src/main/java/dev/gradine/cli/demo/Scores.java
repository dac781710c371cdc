package dev.gradine.cli.demo;

import java.util.List;

/// What one state of the model is worth, on data none of its states was trained on.
///
/// @param heldLoss mean over the tokens of the held-out completions, nats
/// @param likelier share of the held-out pairs whose chosen story is the likelier one
/// @param rewarded share of the held-out pairs whose chosen story gained more than the other one since fine-tuning,
/// which
///     is DPO's accuracy; a tie counts half
/// @param speaking share of the stories told that hold to the rule
/// @param ending share of the stories told that the model ended
/// @param baseLoss mean over the tokens of whole stories, nats: what the model was made for
/// @param stories the first stories told
public record Scores(
        double heldLoss,
        double likelier,
        double rewarded,
        double speaking,
        double ending,
        double baseLoss,
        List<Storyteller.Story> stories) {}
