package dev.gradine.data.encode;

/// One row in tokens.
///
/// @param longest tokens of its longest sequence, before it is cut
/// @param cut tokens that are cut off, of all its sequences
/// @param cutAnswer whether some of them are of an answer
/// @param broken whether the prompt alone is tokenised otherwise than before the answer; the answer then starts where
///     the two differ
public record RowSize(int longest, int cut, boolean cutAnswer, boolean broken) {}
