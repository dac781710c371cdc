package dev.gradine.eval.judge;

/// What a judge says of answers.
///
/// @param label of the prompt's kind; empty where it says none
/// @param said all that it said; empty where it has no words
public record JudgeVerdict(String label, String said) {}
