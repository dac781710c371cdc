package dev.gradine.optim;

import dev.gradine.settings.Part;

/// Lion whose momentum is codes of eight bits: one byte a value in the place of four. Dettmers et al. 2022
/// (arXiv:2110.02861); formula and blocks as in bitsandbytes. See `Lion` and `EightBit`.
///
/// @param rule the formula
/// @param codes which parameters keep them
public record Lion8bit(@Part Lion rule, @Part Codes codes) implements EightBit {

    /// Those of bitsandbytes.
    public static Lion8bit defaults() {
        return new Lion8bit(Lion.defaults(), Codes.USUAL);
    }
}
