package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.neg;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;

/// OFT, orthogonal fine-tuning: blocks of a layer's input are rotated, so that angles between weights stay.
///
/// ```
/// y = (x R) Wᵀ + b      W′ = W Rᵀ      R = diag(R₁, R₂, …)
/// R_i = (1 − Q_i)(1 + Q_i)⁻¹           or the beginning of its series: `Blocks.neumann`
/// Q_i: skew-symmetric, trained above the diagonal
/// ```
///
/// Qiu et al. 2023 (arXiv:2306.07280), section 4; the series is that of Qiu et al. 2025 (OFTv2, arXiv:2506.19847). Q
/// starts as zeros. With `coft` a Q_i longer than eps / √blocks is shortened to that length before it is used, and what
/// is trained goes on from there. PEFT has a `module_dropout` here that its forward pass does not read (0.21.2).
///
/// A convolution is turned as the linear layer that it is of patches, which is what PEFT merges; what PEFT computes
/// before merging sums turned patches where they overlap, and is not that.
///
/// @param size which inputs are turned together
/// @param series whether rotations are made by the series
/// @param limit whether rotations are kept small
/// @param initWeights whether it starts with no rotation
public record Oft(
        @Part Size size,
        @Part Series series,
        @Part Limit limit,

        @Option(says = "Begin without a rotation.", label = "true|false", peft = "init_weights")
        InitWeights initWeights)
        implements Method {

    /// Which inputs are turned together. What does not divide a layer's inputs is taken to the nearest divisor.
    ///
    /// @param blocks number of blocks of every layer, or 0 to give their size
    /// @param blockSize inputs of a block, or 0 to give their number
    /// @param blockShare whether all blocks of a layer are turned alike
    public record Size(
            @Option(
                    says = "Number of blocks of a layer's inputs, with --block-size 0.",
                    label = "N",
                    peft = "r",
                    least = 0)
            @Usual(from = 0, to = 1024, why = "found from the size of a block", source = "PEFT: r 0")
            int blocks,

            @Option(
                    says = "Inputs that are turned together; the nearest divisor of a layer's inputs is taken.",
                    label = "N",
                    peft = "oft_block_size",
                    least = 0)
            @Usual(
                    from = 0,
                    to = 256,
                    why = "32 inputs turned together need about as many values as a LoRA of rank 16",
                    source = "PEFT: 32")
            int blockSize,

            @Option(says = "Turn all blocks of a layer alike.", peft = "block_share")
            boolean blockShare) {

        /// @throws AdapterException unless one of number and size of blocks is given
        public Size {
            if ((blocks == 0) == (blockSize == 0)) {
                throw new AdapterException("oft: blocks is %d and block-size is %d, expected one of the two to be 0"
                        .formatted(blocks, blockSize));
            }
        }

        /// Inputs of a block.
        int of(Linear l) {
            int b = blocks == 0 ? divisor(l.in(), blockSize) : l.in() / divisor(l.in(), blocks);
            if (b > 1) return b;
            throw new AdapterException(
                    "oft: blocks of one input at %s, which has %d, expected larger ones: nothing turns"
                            .formatted(l.path(), l.in()));
        }

        int rows(Linear l) {
            return blockShare ? 1 : l.in() / of(l);
        }
    }

    /// How rotations are made.
    ///
    /// @param cayleyNeumann by the series, not by an inverse
    /// @param cayleyNeumannTerms its terms
    public record Series(
            @Option(says = "Make rotations by a series, not by an inverse.", peft = "use_cayley_neumann")
            boolean cayleyNeumann,

            @Option(says = "Terms of that series.", label = "N", peft = "num_cayley_neumann_terms", least = 1)
            @Usual(from = 3, to = 10, why = "near enough a rotation while the turn is small", source = "PEFT: 5")
            int cayleyNeumannTerms) {}

    /// Whether rotations are kept small.
    ///
    /// @param coft whether they are
    /// @param coftEps how small
    public record Limit(
            @Option(says = "Keep rotations small.", peft = "coft")
            boolean coft,

            @Option(says = "Length to which --coft keeps the rotations of a layer.", peft = "eps", least = 0)
            @Usual(from = 1e-6, to = 0.01, why = "acts with --coft alone", source = "PEFT: 6e-5")
            double coftEps) {}

    private static final PeftFields FIELDS = PeftFields.with(PeftFields.SELECTION)
            .selecting("bias")
            .about("fan_in_fan_out", false) // PEFT itself takes it from the layer, whatever the file says
            .about("module_dropout", 0.0);

    /// Blocks of 32, by a series of five terms.
    public static Oft defaults() {
        return new Oft(new Size(0, 32, false), new Series(true, 5), new Limit(false, 6e-5), InitWeights.TRUE);
    }

    @Override
    public String peftType() {
        return "OFT";
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
        int b = size.of(l);
        return (long) size.rows(l) * (b * (b - 1) / 2);
    }

    /// The divisor of `n` nearest to `wanted`; of two the smaller.
    static int divisor(int n, int wanted) {
        if (wanted >= n) return n;
        int below = wanted;
        while (n % below != 0) below--;
        int above = wanted;
        while (n % above != 0) above++;
        return wanted - below <= above - wanted ? below : above;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = OverPatches.linear(site);
        int b = size.of(l);
        int[] shape = {size.rows(l), b * (b - 1) / 2};
        NamedParams.Builder params = start.params(l);
        if (initWeights == InitWeights.TRUE) params.zeros("oft_R.weight", shape);
        else params.normal("oft_R.weight", 0.1, shape);
        return OverPatches.over(site, new TurnedInput(params.build(), (x, h) -> turned(x, h, b), "", start.number()));
    }

    private Var turned(Var x, Here h, int b) {
        int terms = series.cayleyNeumannTerms;
        if (series.cayleyNeumann && terms == 1) return x; // the series' first term is 1
        Var back = neg(Skew.skew(limit.coft ? kept(h) : h.get("oft_R.weight"), b)); // of Rᵀ
        return Blocks.turned(x, series.cayleyNeumann ? Blocks.neumann(back, terms, h) : Blocks.cayley(back, h));
    }

    /// The values above the diagonals, shortened. As in PEFT this changes what is trained itself, and has no gradient.
    private Var kept(Here h) {
        Var trained = h.get("oft_R.weight");
        Param p = h.values().get("oft_R.weight");
        Kernels k = h.tape().kernels();
        float[] values = k.download(p.value());
        if (!shorten(values, p.value().shape().dim(0))) return trained;
        boolean inPlace = h.tape().isRecording() && p.isTrained();
        if (!inPlace) return h.tape().constant(k.of(p.value().shape(), values));
        k.upload(values, p.value());
        return trained;
    }

    /// Whether a block was longer than allowed. ‖Q‖² is twice the sum over its values above the diagonal.
    private boolean shorten(float[] values, int rows) {
        double longest = limit.coftEps / Math.sqrt(rows);
        int n = values.length / rows;
        boolean any = false;
        for (int row = 0; row < rows; row++) {
            double squares = 0;
            for (int i = row * n; i < (row + 1) * n; i++) squares += 2.0 * values[i] * values[i];
            double length = Math.sqrt(squares);
            if (length <= longest) continue;
            any = true;
            for (int i = row * n; i < (row + 1) * n; i++) values[i] *= (float) (longest / length);
        }
        return any;
    }
}
