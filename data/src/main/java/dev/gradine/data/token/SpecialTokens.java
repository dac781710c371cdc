package dev.gradine.data.token;

/// Ids of the tokens with a role; [#NONE] where the vocabulary has no such token.
///
/// @param bos begins a sequence
/// @param eos ends a sequence or an assistant's turn
/// @param pad fills a batch; carries no meaning
public record SpecialTokens(int bos, int eos, int pad) {
    /// The id of a token that does not exist.
    public static final int NONE = -1;

    /// No special token at all.
    public static SpecialTokens none() {
        return new SpecialTokens(NONE, NONE, NONE);
    }

    /// These ids, and where one is missing, the other's.
    public SpecialTokens orElse(SpecialTokens other) {
        return new SpecialTokens(or(bos, other.bos), or(eos, other.eos), or(pad, other.pad));
    }

    /// These ids, after a check that each lies in a vocabulary of `vocabSize`.
    SpecialTokens within(int vocabSize, String what) {
        check(bos, vocabSize, what, "bos");
        check(eos, vocabSize, what, "eos");
        check(pad, vocabSize, what, "pad");
        return this;
    }

    /// These ids without those at or above `vocabSize`.
    SpecialTokens below(int vocabSize) {
        return new SpecialTokens(
                bos < vocabSize ? bos : NONE, eos < vocabSize ? eos : NONE, pad < vocabSize ? pad : NONE);
    }

    private static void check(int id, int vocabSize, String what, String name) {
        TokenizerException.require(
                id >= NONE && id < vocabSize,
                what + ": " + name + " token id is " + id + ", expected below the vocabulary size " + vocabSize);
    }

    private static int or(int id, int other) {
        return id == NONE ? other : id;
    }
}
