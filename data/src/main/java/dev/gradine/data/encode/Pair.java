package dev.gradine.data.encode;

/// Two answers to one prompt, each behind it.
///
/// @param chosen the answer preferred
/// @param rejected the other one
public record Pair(LabelledTokens chosen, LabelledTokens rejected) {}
