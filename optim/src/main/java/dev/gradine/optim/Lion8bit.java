package dev.gradine.optim;

import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;

/// Lion whose momentum is codes of eight bits: one byte a value in the place of four. Dettmers et al. 2022
/// (arXiv:2110.02861); formula and blocks as in bitsandbytes. See `Lion` and `EightBit`.
///
/// @param rule the formula
/// @param codes which parameters keep them
@Usual(
        from = 0.1,
        to = 1 / 3.0,
        why = "every value moves by the whole rate, so it is 3 to 10 times smaller",
        source = "Chen et al. 2023 (Lion), section 5")
public record Lion8bit(@Part Lion rule, @Part Codes codes) implements EightBit {

    /// Those of bitsandbytes.
    public static Lion8bit defaults() {
        return new Lion8bit(Lion.defaults(), Codes.USUAL);
    }
}
