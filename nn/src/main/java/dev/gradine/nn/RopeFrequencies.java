package dev.gradine.nn;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;

/// Angular frequencies of rotary position embedding, one per pair of channels.
///
/// ```
/// ω_i = θ^(−2i/D)                                  default
/// ω_i / factor                                     linear
/// llama3: with wavelength λ = 2π/ω, L the original length, lo and hi the two frequency factors
///   λ < L/hi: ω         λ > L/lo: ω / factor
///   else (1 − t) · ω / factor + t · ω,  t = (L/λ − lo) / (hi − lo)
/// ```
///
/// Su et al. 2021 (arXiv:2104.09864), section 3.2.2; Llama 3.1's model card for the third.
public final class RopeFrequencies {

    private final float[] omega;

    private RopeFrequencies(float[] omega) {
        this.omega = omega;
    }

    /// Unscaled frequencies.
    public static RopeFrequencies of(double theta, int headDim) {
        float[] omega = new float[headDim / 2];
        for (int i = 0; i < omega.length; i++) omega[i] = (float) (1 / Math.pow(theta, 2.0 * i / headDim));
        return new RopeFrequencies(omega);
    }

    /// Reads `rope_parameters`, or `rope_theta` and `rope_scaling` as older files have them.
    ///
    /// @throws ConfigException names the key that is missing or cannot be used
    public static RopeFrequencies of(ModelConfig config, int headDim) {
        String key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
        ModelConfig p = config.object(key);
        return of(p, p.real("rope_theta", config.real("rope_theta", 10_000)), headDim);
    }

    /// Reads the scaling of one kind of layer.
    ///
    /// @param p such as one object of `rope_parameters`; empty for none
    /// @param theta base of the frequencies θ
    /// @throws ConfigException names the key that is missing or cannot be used
    public static RopeFrequencies of(ModelConfig p, double theta, int headDim) {
        String type = p.text("rope_type", p.text("type", "default"));
        RopeFrequencies base = of(theta, headDim);
        switch (type) {
            case "default" -> {}
            case "linear" -> base.divide(p.real("factor"));
            case "llama3" -> base.stretch(p);
            default -> throw ModelConfig.wrong("rope_type", type, "\"default\", \"linear\" or \"llama3\"");
        }
        return base;
    }

    private void divide(double factor) {
        for (int i = 0; i < omega.length; i++) omega[i] = (float) (omega[i] / factor);
    }

    private void stretch(ModelConfig p) {
        double factor = p.real("factor");
        double lo = p.real("low_freq_factor");
        double hi = p.real("high_freq_factor");
        double length = p.real("original_max_position_embeddings");
        for (int i = 0; i < omega.length; i++) {
            double w = omega[i];
            double wavelength = 2 * Math.PI / w;
            if (wavelength < length / hi) continue;
            double t = Math.max(0, (length / wavelength - lo) / (hi - lo));
            omega[i] = (float) ((1 - t) * w / factor + t * w);
        }
    }

    /// Tables for positions below `positions`. The angle is rounded to f32 before its cosine is taken, as the models
    /// were trained.
    public Rotary tables(Kernels k, int positions) {
        int half = omega.length;
        float[] cos = new float[positions * half];
        float[] sin = new float[positions * half];
        for (int p = 0; p < positions; p++) {
            for (int i = 0; i < half; i++) {
                float angle = p * omega[i];
                cos[p * half + i] = (float) Math.cos(angle);
                sin[p * half + i] = (float) Math.sin(angle);
            }
        }
        Shape shape = Shape.of(positions, half);
        return new Rotary(k.of(shape, cos), k.of(shape, sin));
    }
}
