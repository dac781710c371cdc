package dev.gradine.io;

/// What llama.cpp makes of yarn in an architecture.
///
/// @param isRounded whether the range that is blended is rounded to whole pairs
/// @param isOfScores whether scores, not cosines and sines, grow by its scale: DeepSeek's, whose
///     `yarn_log_multiplier` is a tenth of `mscale_all_dim`
public record GgufYarn(boolean isRounded, boolean isOfScores) {

    /// Of most architectures.
    static final GgufYarn USUAL = new GgufYarn(true, false);

    /// A model does not round the range, though llama.cpp does.
    public static final GgufYarn UNROUNDED = new GgufYarn(false, false);

    /// DeepSeek's.
    public static final GgufYarn OF_SCORES = new GgufYarn(true, true);
}
