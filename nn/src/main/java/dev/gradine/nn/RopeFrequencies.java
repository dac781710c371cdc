package dev.gradine.nn;

/// Angular frequencies of rotary position embedding, one per pair of channels.
///
/// ```
/// ω_i = θ^(−2i/D)                                  default
/// ω_i / factor                                     linear
/// ω_i / f_i                                        longrope, with the same factors f for all lengths
/// llama3: with wavelength λ = 2π/ω, L the original length, lo and hi the two frequency factors
///   λ < L/hi: ω         λ > L/lo: ω / factor
///   else (1 − t) · ω / factor + t · ω,  t = (L/λ − lo) / (hi − lo)
/// yarn: pair(r) = D ln(L / 2πr) / (2 ln θ), the pair of channels that turns r times in L tokens
///   (1 − t) · ω + t · ω / factor,  t = (i − pair(fast)) / (pair(slow) − pair(fast)), within 0 … 1
/// ```
///
/// Yarn multiplies cosines and sines by a scale as well, and so scores by its square.
///
/// Su et al. 2021 (arXiv:2104.09864), section 3.2.2; Llama 3.1's model card for llama3; Ding et al. 2024
/// (arXiv:2402.13753), section 3.2, for longrope; Peng et al. 2023 (arXiv:2309.00071), section 3.2, for yarn, in the
/// form of transformers. `RopeConfig` reads them.
public final class RopeFrequencies {

    private final float[] omega;
    private final float scale; // of cosines and sines

    private RopeFrequencies(float[] omega) {
        this(omega, 1);
    }

    private RopeFrequencies(float[] omega, float scale) {
        this.omega = omega;
        this.scale = scale;
    }

    /// Unscaled frequencies.
    public static RopeFrequencies of(double theta, int headDim) {
        float[] omega = new float[headDim / 2];
        for (int i = 0; i < omega.length; i++) omega[i] = (float) (1 / Math.pow(theta, 2.0 * i / headDim));
        return new RopeFrequencies(omega);
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

        private double pair(double turns, double theta, int headDim) {
            return headDim * Math.log(length / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
        }
    }

    /// Waves that turn often in the original length are kept, those that turn seldom divided, those between blended.
    RopeFrequencies blended(Yarn y, double theta) {
        int headDim = 2 * omega.length;
        double from = y.pair(y.fast, theta, headDim);
        double to = y.pair(y.slow, theta, headDim);
        double low = Math.max(y.truncate ? Math.floor(from) : from, 0);
        double high = Math.min(y.truncate ? Math.ceil(to) : to, headDim - 1);
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

    /// The position embedding that turns by these.
    public Rotary rotary() {
        return new Rotary(omega, scale);
    }
}
