package dev.gradine.nn;

import org.jspecify.annotations.Nullable;

/// Angular frequencies of rotary position embedding, one per pair of channels.
///
/// ```
/// ω_i = θ^(−2i/R)                                  default, for R channels of a head that turn
/// ω_i = θ^(−2i/D), 0 beyond a share of them        proportional
/// ω_i / factor                                     linear
/// ω_i / f_i                                        longrope, by factors f of short and f of long texts
/// llama3: with wavelength λ = 2π/ω, L the original length, lo and hi the two frequency factors
///   λ < L/hi: ω         λ > L/lo: ω / factor
///   else (1 − t) · ω / factor + t · ω,  t = (L/λ − lo) / (hi − lo)
/// yarn: pair(r) = R ln(L / 2πr) / (2 ln θ), the pair of channels that turns r times in L tokens
///   (1 − t) · ω + t · ω / factor,  t = (i − pair(fast)) / (pair(slow) − pair(fast)), within 0 … 1
/// ```
///
/// Yarn and longrope multiply cosines and sines by a scale as well, and so scores by its square.
///
/// Su et al. 2021 (arXiv:2104.09864), section 3.2.2; Llama 3.1's model card for llama3; Ding et al. 2024
/// (arXiv:2402.13753), section 3.2, for longrope; Peng et al. 2023 (arXiv:2309.00071), section 3.2, for yarn, in the
/// form of transformers. `RopeConfig` reads them.
public final class RopeFrequencies {

    private final float[] omega;
    private final float scale; // of cosines and sines
    private final float[] beyond; // those of longer texts; empty where there are none
    private final int limit; // tokens up to which a text is none of them

    private RopeFrequencies(float[] omega) {
        this(omega, 1);
    }

    private RopeFrequencies(float[] omega, float scale) {
        this(omega, scale, new float[0], Integer.MAX_VALUE);
    }

    private RopeFrequencies(float[] omega, float scale, float[] beyond, int limit) {
        this.omega = omega;
        this.scale = scale;
        this.beyond = beyond;
        this.limit = limit;
    }

    /// Unscaled frequencies.
    ///
    /// @param channels R of a head that turn
    public static RopeFrequencies of(double theta, int channels) {
        float[] omega = new float[channels / 2];
        for (int i = 0; i < omega.length; i++) omega[i] = (float) (1 / Math.pow(theta, 2.0 * i / channels));
        return new RopeFrequencies(omega);
    }

    /// Those of the first `turning` channels, 0 for the others.
    RopeFrequencies proportional(int turning) {
        float[] some = new float[omega.length];
        System.arraycopy(omega, 0, some, 0, turning / 2);
        return new RopeFrequencies(some);
    }

    /// Frequencies of short and of long texts.
    ///
    /// @param factors of texts of at most `length` tokens
    /// @param longFactors of longer ones
    RopeFrequencies byLength(double[] factors, double[] longFactors, double length, double attention) {
        float[] more = divided(longFactors).omega;
        return new RopeFrequencies(divided(factors).omega, (float) attention, more, (int) length);
    }

    /// Those of all layers of a model: see `RopeConfig`.
    ///
    /// @throws ConfigException names the key that is missing or cannot be used
    public static RopeFrequencies of(ModelConfig config, int headDim) {
        return RopeConfig.of(config, headDim);
    }

    /// All divided by one factor.
    RopeFrequencies divided(double factor) {
        float[] scaled = new float[omega.length];
        for (int i = 0; i < omega.length; i++) scaled[i] = (float) (omega[i] / factor);
        return new RopeFrequencies(scaled);
    }

    /// Each divided by a factor of its own.
    RopeFrequencies divided(double[] factors) {
        float[] scaled = new float[omega.length];
        for (int i = 0; i < omega.length; i++) scaled[i] = (float) (omega[i] / factors[i]);
        return new RopeFrequencies(scaled);
    }

    /// Parameters of llama3.
    ///
    /// @param length original length L, tokens
    record Stretch(double factor, double lo, double hi, double length) {}

    /// Long waves are divided, short ones kept, those between blended.
    RopeFrequencies stretched(Stretch s) {
        float[] scaled = omega.clone();
        for (int i = 0; i < omega.length; i++) {
            double w = omega[i];
            double wavelength = 2 * Math.PI / w;
            if (wavelength < s.length / s.hi) continue;
            double t = Math.max(0, (s.length / wavelength - s.lo) / (s.hi - s.lo));
            scaled[i] = (float) ((1 - t) * w / s.factor + t * w);
        }
        return new RopeFrequencies(scaled);
    }

    /// Parameters of yarn.
    ///
    /// @param fast turns in the original length from which a wave is kept
    /// @param slow turns up to which one is divided
    /// @param length original length L, tokens
    /// @param truncate whether the two pairs are rounded, down and up
    /// @param scale of cosines and sines
    record Yarn(double factor, double fast, double slow, double length, boolean truncate, double scale) {

        private double pair(double turns, double theta, int channels) {
            return channels * Math.log(length / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
        }
    }

    /// Waves that turn often in the original length are kept, those that turn seldom divided, those between blended.
    RopeFrequencies blended(Yarn y, double theta) {
        int channels = 2 * omega.length;
        double from = y.pair(y.fast, theta, channels);
        double to = y.pair(y.slow, theta, channels);
        double low = Math.max(y.truncate ? Math.floor(from) : from, 0);
        double high = Math.min(y.truncate ? Math.ceil(to) : to, channels - 1);
        if (low == high) high += 0.001; // as transformers avoids the quotient by 0
        float[] scaled = new float[omega.length];
        for (int i = 0; i < omega.length; i++) {
            double t = Math.clamp((i - low) / (high - low), 0, 1);
            scaled[i] = (float) ((1 - t) * omega[i] + t * omega[i] / y.factor);
        }
        return new RopeFrequencies(scaled, (float) y.scale);
    }

    /// The frequencies ω, one per pair of channels, in radians per token.
    public float[] omega() {
        return omega.clone();
    }

    /// The position embedding that turns whole heads by these, in halves.
    public Rotary rotary() {
        return rotary(2 * omega.length, false);
    }

    /// The position embedding that turns the first channels of heads by these.
    ///
    /// @param headDim D, channels of a head
    /// @param isInterleaved whether neighbours are paired rather than halves
    public Rotary rotary(int headDim, boolean isInterleaved) {
        @Nullable AngleTable more = beyond.length == 0 ? null : new AngleTable(beyond, scale);
        return new Rotary(new AngleTable(omega, scale), more, limit, headDim, isInterleaved);
    }
}
