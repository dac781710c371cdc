package dev.gradine.models;

import dev.gradine.data.token.SpecialTokens;
import dev.gradine.data.token.TokenSpans;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.data.token.TokenizerException;
import java.nio.file.Path;

/// Stands in for the tokenizer of a model that has none, where the data are tokens already: it knows the size of the
/// vocabulary and refuses everything else.
///
/// @param vocabSize of the model
/// @param model named in messages
record NoTokenizer(int vocabSize, Path model) implements Tokenizer {

    private TokenizerException none() {
        return new TokenizerException(model + ": has no tokenizer, so there is no text, only token ids");
    }

    @Override
    public TokenSpans spans(String text, boolean addSpecialTokens) {
        throw none();
    }

    @Override
    public String decode(int[] ids, boolean skipSpecial) {
        throw none();
    }

    @Override
    public String token(int id) {
        throw none();
    }

    @Override
    public boolean hasToken(String token) {
        return false;
    }

    @Override
    public int id(String token) {
        throw none();
    }

    @Override
    public boolean isSpecial(int id) {
        return false;
    }

    @Override
    public SpecialTokens special() {
        return SpecialTokens.none();
    }
}
