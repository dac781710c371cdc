package dev.gradine.data.token;

import static dev.gradine.data.token.SpecialTokens.NONE;

import java.util.List;

/// Text to token ids and back. Safe for use by several threads.
public interface Tokenizer {

    /// The tokens of `text` with the characters each covers. Special tokens written out in the text
    /// (`<|im_start|>`) become their ids.
    ///
    /// @param addSpecialTokens whether the tokenizer puts its own BOS or EOS around the text; false for text from a
    ///     chat template, which holds them already
    TokenSpans spans(String text, boolean addSpecialTokens);

    /// The token ids of `text`; see [#spans].
    default int[] encode(String text, boolean addSpecialTokens) {
        return spans(text, addSpecialTokens).ids();
    }

    /// The tokens of two texts that are read together, with what the tokenizer puts around and between them.
    ///
    /// @throws TokenizerException if its files do not say what that is
    default TokenPair pair(String first, String second) {
        throw new TokenizerException(
                "tokenizer: its files do not say how two texts stand together, expected a tokenizer.json");
    }

    /// The text of `ids`; bytes that are not UTF-8 become U+FFFD. Ids beyond the vocabulary, which a model
    /// with a padded vocabulary may draw, leave no text.
    ///
    /// @param skipSpecial whether special tokens leave no text
    /// @throws TokenizerException if an id is negative
    String decode(int[] ids, boolean skipSpecial);

    /// One more than the largest id.
    int vocabSize();

    /// The token as the vocabulary writes it; empty for an id in a gap of the vocabulary or beyond it.
    String token(int id);

    /// Whether the vocabulary has this token, written as [#token] writes it.
    boolean hasToken(String token);

    /// The id of a token of the vocabulary.
    ///
    /// @throws TokenizerException if there is none
    int id(String token);

    /// Whether the token is a mark (BOS, end of turn) rather than text.
    boolean isSpecial(int id);

    /// The ids of BOS, EOS and PAD.
    SpecialTokens special();

    /// What was found in the tokenizer's files that changes a result and is worth a line to the user.
    default List<String> notes() {
        return List.of();
    }

    /// Whether there is a token that begins a sequence.
    default boolean hasBos() {
        return special().bos() != NONE;
    }

    /// The token that begins a sequence.
    ///
    /// @throws TokenizerException if there is none
    default int bos() {
        TokenizerException.require(hasBos(), "tokenizer: has no bos token");
        return special().bos();
    }

    /// Whether there is a token that ends a sequence.
    default boolean hasEos() {
        return special().eos() != NONE;
    }

    /// The token that ends a sequence.
    ///
    /// @throws TokenizerException if there is none
    default int eos() {
        TokenizerException.require(hasEos(), "tokenizer: has no eos token");
        return special().eos();
    }

    /// Whether there is a padding token.
    default boolean hasPad() {
        return special().pad() != NONE;
    }

    /// The padding token.
    ///
    /// @throws TokenizerException if there is none
    default int pad() {
        TokenizerException.require(hasPad(), "tokenizer: has no pad token");
        return special().pad();
    }
}
