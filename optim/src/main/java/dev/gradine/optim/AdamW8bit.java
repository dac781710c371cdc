package dev.gradine.optim;

import dev.gradine.settings.Part;

/// AdamW whose moments are codes of eight bits: two bytes a value in the place of eight. Dettmers et al. 2022
/// (arXiv:2110.02861); formula and blocks as in bitsandbytes. See `AdamW` and `EightBit`.
///
/// @param moments m and v
/// @param codes which parameters keep them
public record AdamW8bit(@Part Moments moments, @Part Codes codes) implements EightBit {

    /// Those of bitsandbytes.
    public static AdamW8bit defaults() {
        return new AdamW8bit(Moments.USUAL, Codes.USUAL);
    }

    @Override
    public UpdateRule rule() {
        return new AdamW(moments, false);
    }
}
