package dev.gradine.data.encode;

/// An answer that somebody judged.
///
/// @param answer behind its prompt
/// @param desirable the judgement
/// @param stranger the answer to another prompt behind this one, against which a loss may hold the answer; the answer
///     itself where none is asked for
public record Judged(LabelledTokens answer, boolean desirable, LabelledTokens stranger) {}
