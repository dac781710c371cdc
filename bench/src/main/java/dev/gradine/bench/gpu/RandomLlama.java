package dev.gradine.bench.gpu;

import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Llama;
import dev.gradine.nn.LlamaConfig;
import dev.gradine.nn.RopeFrequencies;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;

/// A Llama with random weights in bf16, for measuring how long a step takes: no file is needed, and time does not
/// depend on what a model has learnt.
///
/// All matrices are cut from one piece of host memory, at different places, and copied to the device.
final class RandomLlama {

    private static final int PERIOD = 1_048_573; // values, repeated; a prime, so that rows differ
    private static final int ALIGNED = 32; // values, of two bytes
    private static final double DEVIATION = 0.02; // as models are initialised

    private final LlamaConfig config;
    private final Arena host;
    private final Tensor values;

    private RandomLlama(LlamaConfig config, Arena host) {
        this.config = config;
        this.host = host;
        int largest = config.hidden() * Math.max(config.vocabSize(), config.intermediate());
        values = Tensor.zeros(host, DType.BF16, Shape.of(largest + PERIOD));
        SplittableRandom rng = new SplittableRandom(3);
        float[] some = new float[PERIOD];
        for (int i = 0; i < PERIOD; i++) some[i] = (float) rng.nextGaussian(0, DEVIATION);
        try (Kernels cpu = CpuKernels.open()) {
            Tensor pattern = cpu.of(Shape.of(PERIOD), some);
            for (int from = 0; from < values.size(); from += PERIOD) {
                int to = Math.min(values.size(), from + PERIOD);
                cpu.copy(pattern.rows(0, to - from), values.rows(from, to));
            }
        }
    }

    /// Sizes of Llama 3.1 8B, for sequences of up to 8192 tokens.
    static LlamaConfig sizesOf8b() {
        RopeFrequencies rope = RopeFrequencies.of(500_000, 128);
        return new LlamaConfig(128_256, 4096, 14_336, 32, 32, 8, 128, 8192, 1e-5f, rope, false, false, false);
    }

    /// The model, in the lifetime `run`.
    ///
    /// @param host lives as long as the model where `run` shares the host's memory
    static CausalLm of(LlamaConfig config, Kernels run, Arena host) {
        RandomLlama random = new RandomLlama(config, host);
        return new Llama(config, random::weight, run);
    }

    private Tensor weight(String name) {
        int c = config.hidden();
        int m = config.intermediate();
        int q = config.heads() * config.headDim();
        int kv = config.kvHeads() * config.headDim();
        String what = name.replaceFirst("\\.weight$", "").replaceFirst("^.*\\.", "");
        return switch (what) {
            case "input_layernorm", "post_attention_layernorm", "norm" -> ones(c);
            case "embed_tokens", "lm_head" -> matrix(name, config.vocabSize(), c);
            case "q_proj" -> matrix(name, q, c);
            case "k_proj", "v_proj" -> matrix(name, kv, c);
            case "o_proj" -> matrix(name, c, q);
            case "gate_proj", "up_proj" -> matrix(name, m, c);
            case "down_proj" -> matrix(name, c, m);
            default -> throw new IllegalArgumentException("llama: no random weight for " + name);
        };
    }

    private Tensor ones(int n) {
        float[] values = new float[n];
        Arrays.fill(values, 1);
        return Tensor.of(host, Shape.of(n), values);
    }

    private Tensor matrix(String name, int rows, int columns) {
        int at = Math.floorMod(name.hashCode(), PERIOD) / ALIGNED * ALIGNED;
        return values.rows(at, at + rows * columns).reshape(Shape.of(rows, columns));
    }
}
