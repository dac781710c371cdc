package dev.gradine.align;

/// Two answers to one prompt.
///
/// @param row number of the pair in its data set, from 0
/// @param chosen the answer preferred, behind its prompt
/// @param rejected the other one
public record LabelledPair(int row, Labelled chosen, Labelled rejected) {

    /// Tokens the model reads for both.
    public int tokens() {
        return chosen.tokens() + rejected.tokens();
    }
}
