package dev.gradine.bench.gpu;

import java.util.List;

/// Sizes of the works, and how often each is run.
///
/// @param repeats how often
/// @param gemm sides of square bf16 products, of which the last is compared with the goal
/// @param gemmF32 side of the f32 product
/// @param rows of what is bound by memory
/// @param wide values of such a row, a multiple of 128
/// @param nf4Rows rows of the NF4 weight that a vector is multiplied by
/// @param attentionTokens of all sequences of one attention together
/// @param attentionWidth heads times their size, a multiple of 128
/// @param sequences lengths in tokens, divisors of `attentionTokens`
/// @param layer sizes of the layers of a model
public record GpuBenchSettings(
        Repeats repeats,
        List<Integer> gemm,
        int gemmF32,
        int rows,
        int wide,
        int nf4Rows,
        int attentionTokens,
        int attentionWidth,
        List<Integer> sequences,
        Layer layer) {

    /// How often a work is run.
    ///
    /// @param warmUp runs before the clock starts
    /// @param rounds whose median counts
    /// @param runs of a round
    public record Repeats(int warmUp, int rounds, int runs) {}

    /// Sizes of the layers of a model.
    ///
    /// @param tokens of a step
    /// @param hidden channels
    /// @param keys channels of keys and values
    /// @param intermediate channels of the feed-forward layer
    /// @param vocabulary tokens that there are
    /// @param rank of adapters
    public record Layer(int tokens, int hidden, int keys, int intermediate, int vocabulary, int rank) {}

    /// For a GPU with tens of gigabytes: layers as in a Llama of eight billion parameters, and more bytes than a
    /// GPU's cache holds, 256 MiB a tensor. Sequences are measured as published figures were: 16k tokens in all,
    /// 2048 channels.
    public static GpuBenchSettings ofGpu() {
        return new GpuBenchSettings(
                new Repeats(3, 5, 10),
                List.of(1024, 2048, 4096, 8192),
                4096,
                16_384,
                8192,
                65_536,
                16_384,
                2048,
                List.of(4096, 8192, 16_384),
                new Layer(8192, 4096, 1024, 14_336, 128_256, 16));
    }
}
