package dev.gradine.align.pair;

import java.util.List;

/// All losses of pairs.
public final class PairFormulas {

    /// Every formula there is.
    public static final List<PairFormula> ALL = List.of(
            new SigmoidPair(),
            new Hinge(),
            new Ipo(),
            new IpoSum(),
            new ExoPair(),
            new NcaPair(),
            new Robust(),
            new BcoPair(),
            new SppoHard(),
            new AotPairs(),
            new AotUnpaired(),
            new ApoZero(),
            new ApoDown(),
            new Discopop(),
            new SigmoidNorm(),
            new SftPair());

    private PairFormulas() {}
}
