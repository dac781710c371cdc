package dev.gradine.bench.gpu;

import dev.gradine.models.Families;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// A Llama with random weights in bf16, for measuring how long a step takes: no file is needed, and time does not
/// depend on what a model has learnt.
///
/// All matrices are cut from one piece of host memory, at different places, and copied to the device.
final class RandomLlama {

    private static final int PERIOD = 1_048_573; // values, repeated; a prime, so that rows differ
    private static final int ALIGNED = 32; // values, of two bytes
    private static final double DEVIATION = 0.02; // as models are initialised

    private final Arena host;
    private final Tensor values;

    private RandomLlama(ModelConfig config, Arena host) {
        this.host = host;
        int rows = Math.max(config.positive("vocab_size"), config.positive("intermediate_size"));
        int largest = config.positive("hidden_size") * rows;
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
    static Map<String, Object> sizesOf8b() {
        Map<String, Object> c = new LinkedHashMap<>();
        c.put("model_type", "llama");
        c.put("vocab_size", 128_256);
        c.put("hidden_size", 4096);
        c.put("intermediate_size", 14_336);
        c.put("num_hidden_layers", 32);
        c.put("num_attention_heads", 32);
        c.put("num_key_value_heads", 8);
        c.put("max_position_embeddings", 8192);
        c.put("rms_norm_eps", 1e-5);
        c.put("rope_theta", 500_000);
        return c;
    }

    /// The model, in the lifetime `run`.
    ///
    /// @param host lives as long as the model where `run` shares the host's memory
    static CausalLm of(Map<String, Object> sizes, Kernels run, Arena host) {
        ModelConfig config = new ModelConfig(sizes);
        RandomLlama random = new RandomLlama(config, host);
        return Families.builtIn().build(config, new Weights(random::weight, run));
    }

    private Tensor weight(String name, Shape shape) {
        return shape.rank() == 1 ? ones(shape.dim(0)) : matrix(name, shape);
    }

    private Tensor ones(int n) {
        float[] values = new float[n];
        Arrays.fill(values, 1);
        return Tensor.of(host, Shape.of(n), values);
    }

    private Tensor matrix(String name, Shape shape) {
        int at = Math.floorMod(name.hashCode(), PERIOD) / ALIGNED * ALIGNED;
        return values.rows(at, at + shape.size()).reshape(shape);
    }
}
