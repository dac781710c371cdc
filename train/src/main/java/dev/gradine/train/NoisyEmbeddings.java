package dev.gradine.train;

import static dev.gradine.autograd.op.Functions.add;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.ConvolutionMap;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.ExpertMap;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Pass;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Adapters that see noise on the embeddings of tokens: NEFTune.
///
/// ```
/// h′ = h + α / √(L C) · u      u uniform in [−1, 1)
/// ```
///
/// where L is the length of the longest sequence of the batch, which others would be padded to, and C the width. Jain
/// et al. 2023 (arXiv:2310.05914), algorithm 1. The noise follows from the seed of the pass alone.
///
/// @param inner what the noise is added to
/// @param alpha α, 5 to 15 in the paper
record NoisyEmbeddings(Adapters inner, float alpha) implements Adapters {

    private static final long STREAM = 0x6e656674756e65L; // apart from the masks of the same pass

    @Override
    public Var at(Embedding embedding, Var h, Pass pass) {
        Var read = inner.at(embedding, h, pass);
        Shape shape = read.value().shape();
        int longest = Arrays.stream(pass.rows().positions()).max().orElse(0) + 1;
        float bound = (float) (alpha / Math.sqrt((double) longest * shape.last()));
        SplittableRandom rng = new SplittableRandom(pass.seed() ^ STREAM);
        float[] noise = new float[shape.size()];
        int[] ids = pass.rows().ids();
        for (int i = 0; i < noise.length; i++) {
            float u = bound * (2 * rng.nextFloat() - 1);
            noise[i] = ids[i / shape.last()] < 0 ? 0 : u; // a virtual token is no embedding
        }
        return add(read, read.tape().constant(read.tape().kernels().of(shape, noise)));
    }

    @Override
    public LinearMap at(Linear layer) {
        return inner.at(layer);
    }

    @Override
    public ConvolutionMap at(Convolution layer) {
        return inner.at(layer);
    }

    @Override
    public ExpertMap at(ExpertLinear layer) {
        return inner.at(layer);
    }

    @Override
    public Param at(Weight weight) {
        return inner.at(weight);
    }

    @Override
    public SelfAttention.Qkv at(int layer, SelfAttention.Qkv fresh, Pass pass) {
        return inner.at(layer, fresh, pass);
    }

    @Override
    public int virtualTokens() {
        return inner.virtualTokens();
    }

    @Override
    public boolean areCausal() {
        return inner.areCausal();
    }

    @Override
    public Adapters continuing(int[] prompt) {
        return new NoisyEmbeddings(inner.continuing(prompt), alpha);
    }

    @Override
    public boolean touches(Site site) {
        return site instanceof Embedding || inner.touches(site);
    }
}
