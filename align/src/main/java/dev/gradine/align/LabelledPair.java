package dev.gradine.align;

/// Two answers to one prompt.
///
/// @param row number of the pair in its data set, from 0
/// @param chosen the answer preferred, behind its prompt
/// @param rejected the other one
public record LabelledPair(int row, Labelled chosen, Labelled rejected) {

    /// Tokens of both sequences, each counted whole: the prompt twice, however often it is computed.
    public int tokens() {
        return chosen.tokens() + rejected.tokens();
    }
}
