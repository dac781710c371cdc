package dev.gradine.peft;

import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// FourierFT: the update is a sum of a few waves, of which only the heights c are trained.
///
/// ```
/// ΔW = scaling · Re F⁻¹(c at n places)
///    = scaling / (O I) · Σ_k c_k cos(2π (u_k o / O + v_k i / I))
/// ```
///
/// Gao et al. 2024 (arXiv:2405.03003), eqs. 2 to 4. The places (u, v) are the first n of a permutation of all, drawn
/// from a seed by `TorchRandom`, the same for all layers of one shape; files do not have them. c starts normal, so that
/// the model is another from the start, or as zeros. `FourierWaves` says how the sum is computed without a transform.
///
/// @param nFrequency number n of coefficients of every layer that no pattern names
/// @param nFrequencyPattern others, for layers whose path ends with a dot and a key, or is the key; the first counts
/// @param scaling factor of the update
/// @param randomLocSeed seed of the places
/// @param initWeights whether c starts as zeros
@Usual(from = 0.0001, to = 0.1, why = "few coefficients of a whole matrix", source = "Gao et al. 2024: 3e-3 to 5e-2")
public record FourierFt(
        @Option(says = "Number of trained coefficients of a layer.", label = "N", peft = "n_frequency", least = 1)
        @Usual(
                from = 100,
                to = 100000,
                why = "1000 coefficients a layer",
                source = "Gao et al. 2024 (FourierFT); PEFT: 1000")
        int nFrequency,

        @Option(
                says = "Other numbers of coefficients for paths that end with a pattern.",
                label = "REGEX=N",
                peft = "n_frequency_pattern")
        SequencedMap<String, Integer> nFrequencyPattern,

        @Option(says = "Factor of the update.", label = "X", peft = "scaling")
        @Usual(
                from = 1,
                to = 500,
                why = "waves of a whole matrix are small; 300 for instructions in the paper",
                source = "Gao et al. 2024 (FourierFT); PEFT: 150")
        float scaling,

        @Option(says = "Seed of the places of the coefficients.", label = "N", peft = "random_loc_seed")
        int randomLocSeed,

        @Option(says = "Begin as the base; else with random values.", label = "true|false", peft = "init_weights")
        InitWeights initWeights)
        implements Method {

    private static final PeftFields FIELDS = PeftFields.with(PeftFields.SELECTION)
            .selecting("bias")
            .about("fan_in_fan_out", false); // PEFT itself takes it from the layer, whatever the file says

    /// 1000 coefficients, scaling 150.
    public static FourierFt defaults() {
        return new FourierFt(1000, new LinkedHashMap<>(), 150, 777, InitWeights.FALSE);
    }

    @Override
    public String name() {
        return "fourierft";
    }

    @Override
    public String peftType() {
        return "FOURIERFT";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public boolean takes(Site site) {
        return site instanceof Linear;
    }

    @Override
    public long parameters(Site site) {
        return frequencies(site.path());
    }

    @Override
    public Beginning begins() {
        return isZero() ? Beginning.SAME : Beginning.OTHER;
    }

    private boolean isZero() {
        return initWeights == InitWeights.TRUE;
    }

    private int frequencies(String path) {
        for (var e : nFrequencyPattern.entrySet()) {
            PythonRegex pattern = PythonRegex.of("n_frequency_pattern", ".*\\.", e.getKey(), "$");
            if (pattern.matchesStart(path)) return e.getValue();
        }
        return nFrequencyPattern.getOrDefault(path, nFrequency);
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = (Linear) site;
        int n = frequencies(l.path());
        requireWithin(n, l);
        String name = "fourierft_spectrum";
        NamedParams.Builder params = start.params(l);
        NamedParams c = (isZero() ? params.zeros(name, n) : params.normal(name, 1, n)).build();
        FourierWaves waves = start.siblings()
                .table(
                        FourierWaves.class,
                        List.of(l.out(), l.in(), n),
                        () -> FourierWaves.of(l.out(), l.in(), n, randomLocSeed, scaling, start.run()));
        return new AddedOutput(c, (x, h) -> waves.update(x, h.get(name)), Drop.NOTHING, start.number());
    }

    private static void requireWithin(int n, Linear l) {
        long places = (long) l.out() * l.in();
        if (n < 1 || n > places) {
            throw new AdapterException("fourierft: n_frequency is %d, expected 1 to %d, the number of weights of %s"
                    .formatted(n, places, l.path()));
        }
    }
}
