package dev.gradine.data.encode;

import dev.gradine.data.Label;

/// A text and what it is.
///
/// @param text whose last token is the labelled one; of two texts their tokens together, with types
/// @param label as its row has it
public record LabelledText(LabelledTokens text, Label label) {}
