package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.Permute.permute;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Shape;
import java.util.SplittableRandom;

/// BOFT, butterfly orthogonal fine-tuning: blocks of a layer's input are rotated, and its outputs are scaled.
///
/// ```
/// y = s ∘ ((x R) Wᵀ) + b      W′ = diag(s) W Rᵀ      R = diag(R₁, R₂, …)
/// R_i = (1 − Q_i)(1 + Q_i)⁻¹      Q_i = (M_i − M_iᵀ) / 2      M_i: trained
/// ```
///
/// Liu et al. 2024 (arXiv:2311.06243), section 4, with one butterfly factor: PEFT computes several only with a CUDA
/// extension of its own, and without it takes one, whatever is asked for; so does this. M starts as zeros, s as ones.
///
/// @param blockSize inputs of a block, or 0 to give their number
/// @param blocks number of blocks of every layer, or 0 to give their size
/// @param butterflyFactors what PEFT's file says; one is computed
/// @param boftDropout share of blocks that are not turned in a pass of training
/// @param initWeights whether it starts with no rotation
public record Boft(
        @Option(
                says = "Inputs that are turned together; must divide a layer's inputs.",
                label = "N",
                peft = "boft_block_size",
                least = 0)
        @Usual(
                from = 0,
                to = 64,
                why = "small blocks, of which butterflies make large turns",
                source = "Liu et al. 2023 (BOFT); PEFT: 4")
        int blockSize,

        @Option(
                says = "Number of blocks of a layer's inputs, with --block-size 0.",
                label = "N",
                peft = "boft_block_num",
                least = 0)
        @Usual(from = 0, to = 1024, why = "found from the size of a block", source = "PEFT: 0")
        int blocks,

        @Option(
                says = "Butterfly factors for PEFT's CUDA extension; without it, as here, one is computed.",
                label = "M",
                peft = "boft_n_butterfly_factor",
                least = 1)
        @Usual(from = 1, to = 6, why = "one factor, what PEFT computes without its extension", source = "PEFT: 1")
        int butterflyFactors,

        @Option(
                says = "Share of blocks that are not turned in a pass.",
                label = "P",
                peft = "boft_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.2, why = "none", source = "PEFT: 0")
        float boftDropout,

        @Option(says = "Begin without a rotation.", label = "true|false", peft = "init_weights")
        InitWeights initWeights)
        implements Method {

    private static final PeftFields FIELDS = PeftFields.with(PeftFields.SELECTION)
            .selecting("bias")
            .about("fan_in_fan_out", false); // PEFT itself takes it from the layer, whatever the file says

    /// @throws AdapterException unless one of number and size of blocks is given
    public Boft {
        if ((blocks == 0) == (blockSize == 0)) {
            throw new AdapterException("boft: blocks is %d and block-size is %d, expected one of the two to be 0"
                    .formatted(blocks, blockSize));
        }
    }

    /// Blocks of four.
    public static Boft defaults() {
        return new Boft(4, 0, 1, 0, InitWeights.TRUE);
    }

    @Override
    public String peftType() {
        return "BOFT";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public boolean takes(Site site) {
        return OverPatches.takes(site);
    }

    @Override
    public Beginning begins() {
        return initWeights == InitWeights.TRUE ? Beginning.SAME : Beginning.OTHER;
    }

    @Override
    public long parameters(Site site) {
        Linear l = OverPatches.linear(site);
        return (long) l.in() * size(l) + l.out();
    }

    private int size(Linear l) {
        int parts = blocks == 0 ? blockSize : blocks;
        if (l.in() % parts != 0) {
            throw new AdapterException("boft: %s is %d at %s, expected a divisor of its %d inputs"
                    .formatted(blocks == 0 ? "block-size" : "blocks", parts, l.path(), l.in()));
        }
        return blocks == 0 ? blockSize : l.in() / blocks;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = OverPatches.linear(site);
        int b = size(l);
        int[] shape = {1, l.in() / b, b, b};
        int[] gains = site instanceof Convolution ? new int[] {1, l.out()} : new int[] {l.out(), 1};
        NamedParams.Builder params = start.params(l);
        if (initWeights == InitWeights.TRUE) {
            params.zeros("boft_R", shape).filled("boft_s", 1, gains);
        } else {
            float[] s = new float[l.out()];
            params.normal("boft_R", 0.1, shape);
            for (int o = 0; o < s.length; o++)
                s[o] = (float) (1 + 0.1 * start.rng().nextGaussian());
            params.trained("boft_s", start.run().of(Shape.of(gains), s));
        }
        return OverPatches.over(
                site, new TurnedInput(params.build(), (x, h) -> turned(x, h, b), "boft_s", start.number()));
    }

    private Var turned(Var x, Here h, int b) {
        Var m = reshape(h.get("boft_R"), h.in() / b, b, b);
        Var back = scale(sub(permute(m, 0, 2, 1), m), 0.5f); // −Q, of Rᵀ
        Var r = Blocks.cayley(back, h);
        return Blocks.turned(x, h.training() && boftDropout > 0 ? dropped(r, h) : r);
    }

    /// So many blocks as the share says, rounded down, become the unit matrix.
    private Var dropped(Var r, Here h) {
        int blocks = r.shape().dim(0);
        float[] kept = kept(blocks, (int) (boftDropout * blocks), new SplittableRandom(h.seed()));
        int b = r.shape().last();
        float[] units = new float[blocks * b * b];
        for (int i = 0; i < blocks * b; i++) units[i * b + i % b] = 1 - kept[i / b];
        Var mask = h.tape().constant(h.tape().kernels().of(Shape.of(blocks, 1, 1), kept));
        return add(mul(r, mask), h.tape().constant(h.tape().kernels().of(r.shape(), units)));
    }

    /// Ones, and zeros at `n` places.
    private static float[] kept(int blocks, int n, SplittableRandom rng) {
        float[] kept = new float[blocks];
        for (int i = 0; i < blocks; i++) kept[i] = rng.nextInt(blocks - i) < n - dropped(kept, i) ? 0 : 1;
        return kept;
    }

    private static int dropped(float[] kept, int before) {
        int n = 0;
        for (int i = 0; i < before; i++) if (kept[i] == 0) n++;
        return n;
    }
}
