package dev.gradine.train.preview;

import java.util.List;

/// One row, as it is written and as the model reads it.
///
/// @param name its number, with its file where there are several
/// @param written what stands in the row, for people
/// @param sequences what is read of it: one, or one for each answer
record ShownRow(String name, String written, List<Sequence> sequences) {

    /// One sequence.
    ///
    /// @param tokens with the text each adds
    /// @param cut tokens that were cut off its end
    record Sequence(List<Token> tokens, int cut) {
        long learnt() {
            return tokens.stream().filter(Token::isLearnt).count();
        }
    }

    /// One token.
    ///
    /// @param text what it adds to the text; empty where a character is not complete yet
    /// @param isLearnt whether it carries loss
    record Token(String text, boolean isLearnt) {}
}
