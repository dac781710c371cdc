package dev.gradine.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.gradine.bench.Choice;
import dev.gradine.bench.ModelRows.Sizes;
import dev.gradine.bench.ModelRows.Sizes.Batch;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.gpu.GraphGpu;
import dev.gradine.nn.ModelConfig;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Whole steps of a tiny model with random weights, in bf16 on the simulator: with our products, with a vendor's,
/// and what the CPU makes of the same.
class GpuStepsTest {

    private static final Map<String, Object> TINY = Map.of(
            "model_type", "llama",
            "vocab_size", 48,
            "hidden_size", 32,
            "intermediate_size", 64,
            "num_hidden_layers", 1,
            "num_attention_heads", 4,
            "num_key_value_heads", 2,
            "max_position_embeddings", 64,
            "rms_norm_eps", 1e-5);
    private static final Sizes SIZES = new Sizes(5, 1, List.of(new Batch(2, 6)), 8);
    private static final GpuSteps SFT = new GpuSteps(SIZES, new Choice(name -> name.contains("sft"), 1e-3));
    private static final GpuSteps OTHERS =
            new GpuSteps(SIZES, new Choice(name -> !name.contains("all-linear"), 1e-3)); // prefill, decode, one of DPO

    private final Arena memory = Arena.ofAuto();
    private int products;

    private GpuSteps.Opened open(Kernels run) {
        return GpuSteps.opened(RandomLlama.of(TINY, run, memory), run, run::close);
    }

    private GpuSteps.Opened onSimulator(boolean vendor) {
        return vendor ? onVendor(false) : open(CudaKernels.open(new Simulator(), DType.BF16));
    }

    private GpuSteps.Opened onVendor(boolean graphs) {
        Simulator gpu = new Simulator();
        HostGemm vendor = new HostGemm(gpu);
        Kernels run = CudaKernels.open(graphs ? new GraphGpu(gpu) : gpu, DType.BF16, List.of(vendor));
        return GpuSteps.opened(RandomLlama.of(TINY, run, memory), run, () -> {
            products = vendor.products();
            run.close();
        });
    }

    @Test
    void every_row_computes_something() {
        List<GpuRow> rows = OTHERS.rows("tiny", this::onSimulator, List.of(false));
        assertThat(rows)
                .hasSize(4)
                .allSatisfy(r -> assertThat(r.isWrong()).as(r.line()).isFalse());
        assertThat(rows).extracting(GpuRow::name).contains("tiny: decode 1 tokens, one stream");
    }

    /// bf16 rounds each value by up to 2⁻⁸; a vendor's products add in another order and round updates once more.
    @Test
    void a_gradient_is_as_long_with_our_products_with_a_vendors_and_on_the_cpu() {
        double cpu = SFT.rows("tiny", _ -> open(CpuKernels.open()), List.of(false))
                .getFirst()
                .norm();
        double ours =
                SFT.rows("tiny", this::onSimulator, List.of(false)).getFirst().norm();
        double theirs =
                SFT.rows("tiny", this::onSimulator, List.of(true)).getFirst().norm();
        assertThat(ours).isCloseTo(cpu, withPercentage(2));
        assertThat(theirs).isCloseTo(ours, withPercentage(1)).isNotEqualTo(ours);
        assertThat(products).as("the vendor's").isGreaterThan(20);
    }

    /// Launches that were held back have been started before the vendor's library works.
    @Test
    void graphs_do_not_change_what_a_vendors_library_finds() {
        double one =
                SFT.rows("tiny", this::onSimulator, List.of(true)).getFirst().norm();
        double collected =
                SFT.rows("tiny", _ -> onVendor(true), List.of(true)).getFirst().norm();
        assertThat(collected).isEqualTo(one);
    }

    @Test
    void the_goal_is_for_the_model_of_eight_billion_parameters() {
        GpuRow row = SFT.rows(GpuSteps.LLAMA_8B, this::onSimulator, List.of(false, true))
                .getFirst();
        assertThat(row.rates().cublas()).isPositive();
        assertThat(row.line()).endsWith("fine-tuning step of Llama 8B: 8,000 tokens/s, missed");
        ModelConfig real = new ModelConfig(RandomLlama.sizesOf8b());
        long hidden = real.positive("hidden_size");
        long keys = hidden / real.positive("num_attention_heads") * real.positive("num_key_value_heads");
        long block = 2 * hidden * hidden + 2 * hidden * keys + 3 * hidden * real.positive("intermediate_size");
        assertThat(real.positive("num_hidden_layers") * block + 2L * real.positive("vocab_size") * hidden)
                .isBetween(8_000_000_000L, 8_060_000_000L);
    }
}
