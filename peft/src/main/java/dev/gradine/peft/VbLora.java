package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.permute;
import static dev.gradine.autograd.op.Permute.transpose;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.Softmax.softmax;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// VB-LoRA: the matrices of LoRA are put together from pieces, each a mixture of k vectors of one bank that all layers
/// share and train.
///
/// ```
/// ΔW = B A      a piece of a row of A, or of a column of B:  Σ_{j ∈ K} softmax(z_K)_j v_j      K: the k largest of z
/// ```
///
/// Li, Han & Ji 2024 (arXiv:2405.15179), eq. 4. v: the bank, `[N,d]`; z: N trained logits of each piece of d values.
/// Only the logits and vectors chosen get a gradient. The bank starts uniform, the logits normal, so that the model is
/// another from the start.
///
/// @param rank rows of A
/// @param bank what all layers share, and how they take of it
/// @param dropout probability of dropping a value of an adapter's input
/// @param initLogitsStd deviation of the first logits
/// @param saveOnlyTopkWeights whether files have the mixtures in the place of the logits: see `TopK`
@Usual(
        from = 0.0001,
        to = 0.02,
        why = "vectors at 1e-3, logits at 1e-2 in the paper",
        source = "Li et al. 2024 (VB-LoRA)")
public record VbLora(
        @Option(says = "Inner width of the low-rank path.", label = "R", peft = "r", least = 1)
        @Usual(
                from = 1,
                to = 64,
                why = "pieces of few rows suffice, for they are shared",
                source = "Li et al. 2024 (VB-LoRA); PEFT: 4")
        int rank,

        @Part Bank bank,

        @Option(
                says = "Probability of dropping a value of an adapter's input.",
                label = "P",
                peft = "vblora_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.2, why = "none, as for LoRA", source = "PEFT: 0")
        float dropout,

        @Option(says = "Deviation of the first logits.", label = "X", peft = "init_logits_std", least = 0)
        @Usual(
                from = 0.001,
                to = 1,
                why = "near-equal chances for all vectors",
                source = "Li et al. 2024 (VB-LoRA); PEFT: 0.1")
        float initLogitsStd,

        @Option(
                says = "Write what is chosen alone: smaller, but training cannot go on from it.",
                peft = "save_only_topk_weights")
        boolean saveOnlyTopkWeights)
        implements Method {

    /// The vectors that all layers share.
    ///
    /// @param numVectors number N of them
    /// @param vectorLength length d of each, a divisor of the sizes of all adapted layers
    /// @param topk number k of them that a piece is mixed from
    /// @param initVectorBankBound bound of their first values
    public record Bank(
            @Option(says = "Number of vectors that all layers share.", label = "N", peft = "num_vectors", least = 1)
            @Usual(
                    from = 32,
                    to = 4096,
                    why = "enough to differ, few enough to be shared",
                    source = "Li et al. 2024 (VB-LoRA); PEFT: 256")
            int numVectors,

            @Option(says = "Length of a shared vector.", label = "N", peft = "vector_length", least = 1)
            @Usual(
                    from = 32,
                    to = 4096,
                    why = "must divide the widths of the layers",
                    source = "Li et al. 2024 (VB-LoRA); PEFT: 256")
            int vectorLength,

            @Option(says = "Number of vectors that a piece is mixed from.", label = "K", peft = "topk", least = 1)
            @Usual(
                    from = 1,
                    to = 8,
                    why = "two vectors are mixed; more cost memory in the file",
                    source = "Li et al. 2024 (VB-LoRA); PEFT: 2")
            int topk,

            @Option(says = "Bound of the shared vectors' first values.", label = "X", peft = "init_vector_bank_bound")
            @Usual(
                    from = 0.001,
                    to = 0.1,
                    why = "small vectors, for their mix is the update's factor",
                    source = "Li et al. 2024 (VB-LoRA); PEFT: 0.02")
            float initVectorBankBound) {

        /// @throws AdapterException if more vectors are mixed than there are
        public Bank {
            if (topk > numVectors) {
                throw new AdapterException(
                        "vblora: topk is %d, expected at most num_vectors %d".formatted(topk, numVectors));
            }
        }
    }

    private static final String BANK = "vblora_vector_bank";

    private static final PeftFields FIELDS = PeftFields.with(PeftFields.SELECTION)
            .selecting("bias")
            .about("fan_in_fan_out", false); // PEFT itself takes it from the layer, whatever the file says

    /// Rank 4; 256 vectors of length 256, two in a mixture.
    public static VbLora defaults() {
        return new VbLora(4, new Bank(256, 256, 2, 0.02f), 0, 0.1f, false);
    }

    @Override
    public String name() {
        return "vblora";
    }

    @Override
    public String peftType() {
        return "VBLORA";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public boolean takes(Site site) {
        return site instanceof Linear;
    }

    @Override
    public long parameters(Site site) {
        Linear l = (Linear) site;
        return (long) rank * (l.in() / bank.vectorLength() + l.out() / bank.vectorLength()) * bank.numVectors();
    }

    @Override
    public long sharedParameters(List<Site> sites) {
        return (long) bank.numVectors() * bank.vectorLength();
    }

    @Override
    public Beginning begins() {
        return Beginning.OTHER;
    }

    @Override
    public String stored(Site site, String param) {
        return param.equals(BANK) ? AdapterFolder.TOP + param : Method.super.stored(site, param);
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = (Linear) site;
        int across = pieces(l.in(), "inputs", l);
        int down = pieces(l.out(), "outputs", l);
        NamedParams params = start.params(l)
                .normal("vblora_logits_A", initLogitsStd, rank, across, bank.numVectors())
                .normal("vblora_logits_B", initLogitsStd, down, rank, bank.numVectors())
                .trained(BANK, start.siblings().shared(BANK, () -> vectors(l, start)))
                .build();
        return new AddedOutput(params, this::update, new Drop(dropout, 0), start.number());
    }

    private Param vectors(Linear first, Start start) {
        return start.params(first)
                .uniform(BANK, bank.initVectorBankBound(), bank.numVectors(), bank.vectorLength())
                .build()
                .get(BANK);
    }

    private int pieces(int size, String what, Linear l) {
        if (size % bank.vectorLength() == 0) return size / bank.vectorLength();
        throw new AdapterException("vblora: vector_length is %d, expected a divisor of the %d %s of %s"
                .formatted(bank.vectorLength(), size, what, l.path()));
    }

    private Var update(Var x, Here h) {
        Var vectors = transpose(h.get(BANK));
        Var a = reshape(mixtures(h.get("vblora_logits_A"), vectors), rank, h.in());
        Var columns = reshape(
                mixtures(h.get("vblora_logits_B"), vectors), h.out() / bank.vectorLength(), rank, bank.vectorLength());
        Var b = reshape(permute(columns, 0, 2, 1), h.out(), rank);
        return matMul(matMul(x, a), b);
    }

    /// @param vectors `[d,N]`
    /// @return `[pieces,d]`
    private Var mixtures(Var logits, Var vectors) {
        Var rows = reshape(logits, logits.shape().size() / bank.numVectors(), bank.numVectors());
        Tensor others = TopK.mask(rows.value(), bank.topk(), rows.tape().kernels());
        return matMul(softmax(add(rows, rows.tape().constant(others))), vectors);
    }

    @Override
    public boolean packs(String name, Shape shape) {
        return saveOnlyTopkWeights && name.contains(".vblora_logits_");
    }

    @Override
    public Map<String, Tensor> packed(String name, Tensor value, Kernels k, Arena arena) {
        if (!packs(name, value.shape())) return Method.super.packed(name, value, k, arena);
        return TopK.packed(name, k.download(value), value.shape(), bank.topk(), arena);
    }

    @Override
    public Tensor unpacked(String name, Shape shape, Function<String, Tensor> file, Kernels k) {
        return new TopK(name, shape, bank.topk(), file).logits(k);
    }

    @Override
    public void requireContinues() {
        if (!saveOnlyTopkWeights) return;
        throw new AdapterException("vblora: training cannot go on from a file of save_only_topk_weights, which has no"
                + " logits of the vectors not chosen; expected one written without it");
    }
}
