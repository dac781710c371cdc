package dev.gradine.peft;

import static dev.gradine.autograd.op.Concat.concat;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Low-rank adaptation.
///
/// ```
/// W′ = W + s · B A       s = alpha / rank  (rsLoRA: alpha / √rank)
/// ```
///
/// Hu et al. 2021 (arXiv:2106.09685), eq. 3; Kalajdzievski 2023 (arXiv:2312.03732) for rsLoRA. What it computes
/// is in `LoraLinear` and `LoraEmbedding`.
///
/// @param rank inner width R of every adapter that no pattern names
/// @param alpha numerator of the scale; NaN stands for twice the rank
/// @param dropout probability of dropping a value of an adapter's input
/// @param rslora whether the scale is alpha / √rank
/// @param patterns where rank and alpha are others
/// @param details how it begins, and its bias
public record Lora(
        @Option(says = "Inner width of the low-rank path.", label = "R", peft = "r", peftDefault = "8")
        @Usual(
                from = 1,
                to = 256,
                why = "16 is enough for most data of some thousand rows; 64 to 256 for a new language or domain",
                source = "Hu et al. 2021, table 6; TRL: 16; PEFT: 8")
        int rank,

        @Option(
                says = "Numerator of the scale alpha / rank.",
                derived = true,
                otherwise = "twice the rank",
                peft = "lora_alpha",
                peftDefault = "8")
        @Usual(
                from = 1,
                to = 512,
                why = "twice the rank, so that the learning rate needs no change with the rank",
                source = "TRL: 32 of 16; PEFT: 8 of 8")
        double alpha,

        @Option(says = "Probability of dropping a value of an adapter's input.", label = "P", peft = "lora_dropout")
        @Usual(
                from = 0,
                to = 0.2,
                why = "none: one pass over the data overfits little; 0.05 to 0.1 for few rows and several passes",
                source = "Dettmers et al. 2023 (QLoRA), table 9; PEFT: 0")
        float dropout,

        @Option(says = "Scale by alpha / √rank.", peft = "use_rslora")
        boolean rslora,

        @Part Patterns patterns,

        @Part Details details)
        implements Method {

    /// How it begins, and its bias.
    ///
    /// @param loraBias whether a bias is trained behind B: y = x Wᵀ + b + s · (x Aᵀ Bᵀ + b′)
    /// @param initLoraWeights how A and B begin
    /// @param targetParameters parameters of experts that are adapted
    /// @param layerReplication layers of the deeper model that is adapted
    public record Details(
            @Option(says = "Train a bias behind the low-rank path.", peft = "lora_bias")
            boolean loraBias,

            @Option(
                    says = "How the factors begin: true, false, gaussian, orthogonal, pissa, pissa_niter_N, olora,"
                            + " loftq, loftq_iter_N, or from data: eva, corda, lora_ga, with their numbers behind a"
                            + " colon, eva:rho=2.0,tau=0.99.",
                    label = "NAME",
                    peft = "init_lora_weights")
            LoraInit initLoraWeights,

            @Option(
                    says = "Parameters of experts to adapt, such as mlp.experts.gate_up_proj.",
                    label = "NAMES",
                    peft = "target_parameters")
            TargetParameters targetParameters,

            @Option(
                    says = "Ranges of layers to make a deeper model of, such as 0:4,2:5.",
                    label = "A:B,A:B",
                    peft = "layer_replication")
            LayerReplication layerReplication) {

        /// Of the layers of the model as it is, without parameters of experts.
        public Details(boolean loraBias, LoraInit initLoraWeights) {
            this(loraBias, initLoraWeights, TargetParameters.NONE, LayerReplication.NONE);
        }
    }

    /// With the usual beginning.
    ///
    /// @param loraBias whether a bias is trained behind B
    public Lora(int rank, double alpha, float dropout, boolean rslora, Patterns patterns, boolean loraBias) {
        this(rank, alpha, dropout, rslora, patterns, new Details(loraBias, LoraInit.Plain.TRUE));
    }

    /// Where rank and alpha are others.
    ///
    /// @param rankPattern ranks of layers whose path ends with a key; the first key that matches counts
    /// @param alphaPattern alphas, likewise
    public record Patterns(
            @Option(says = "Other ranks for paths that end with a pattern.", label = "REGEX=R", peft = "rank_pattern")
            SequencedMap<String, Integer> rankPattern,

            @Option(says = "Other alphas for paths that end with a pattern.", label = "REGEX=X", peft = "alpha_pattern")
            SequencedMap<String, Double> alphaPattern) {

        /// @throws AdapterException if a pattern's rank is below 1, or its alpha no finite number
        public Patterns {
            Ranks.requirePatterns(rankPattern, alphaPattern);
        }

        /// Nowhere.
        public static Patterns none() {
            return new Patterns(new LinkedHashMap<>(), new LinkedHashMap<>());
        }
    }

    static final PeftFields FIELDS = PeftFields.with(PeftFields.SELECTION_AND_BIAS)
            .selecting("trainable_token_indices")
            .about("fan_in_fan_out", false) // PEFT itself takes it from the layer, whatever the file says
            .fixed("use_dora", false)
            .fixed("use_qalora", false)
            .fixed("alora_invocation_tokens", null)
            .fixed("arrow_config", null)
            .fixed("kasa_config", null)
            .fixed("monteclora_config", null)
            .fixed("use_bdlora", null)
            .fixed("velora_config", null)
            .about("loftq_config", Map.of())
            .about("corda_config", null)
            .about("eva_config", null)
            .about("lora_ga_config", null)
            .about("megatron_config", null)
            .about("megatron_core", "megatron.core")
            .about("ensure_weight_tying", false)
            .about("qalora_group_size", 16);

    /// @throws AdapterException if a number is out of range
    public Lora {
        if (rank < 1) throw new AdapterException("lora: rank is " + rank + ", expected >= 1");
        if (Double.isNaN(alpha)) alpha = 2.0 * rank;
        if (!(alpha > 0)) throw new AdapterException("lora: alpha is " + alpha + ", expected > 0");
        if (!(dropout >= 0 && dropout < 1)) {
            throw new AdapterException("lora: dropout is " + dropout + ", expected in [0, 1)");
        }
    }

    /// Rank 16, alpha 32.
    public static Lora defaults() {
        return of(16, 32);
    }

    /// Adapters of one rank and scale.
    public static Lora of(int rank, double alpha) {
        return new Lora(rank, alpha, 0, false, Patterns.none(), false);
    }

    /// The same with other ranks and alphas at some places.
    Lora with(Patterns others) {
        return new Lora(rank, alpha, dropout, rslora, others, details);
    }

    /// The same with dropout.
    public Lora dropping(float probability) {
        return new Lora(rank, alpha, probability, rslora, patterns, details);
    }

    @Override
    public String peftType() {
        return "LORA";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public Map<String, @Nullable Object> peftFields(Model model) {
        return details.initLoraWeights() instanceof Eva eva ? Map.of("eva_config", eva.config()) : Map.of();
    }

    @Override
    public boolean takes(Site site) {
        return OverPatches.takes(site) || site instanceof Embedding || site instanceof ExpertLinear;
    }

    @Override
    public boolean adapts(Site site, Selection where) {
        return site instanceof ExpertLinear ? details.targetParameters().has(site) : Method.super.adapts(site, where);
    }

    @Override
    public LayerReplication replication() {
        return details.layerReplication();
    }

    /// PEFT adapts no layer where parameters are named and modules are not.
    @Override
    public Targets usualTargets(Model model) {
        return details.targetParameters().isEmpty() ? Method.super.usualTargets(model) : new Targets.None();
    }

    @Override
    public String stored(Site site, String param) {
        if (!(site instanceof ExpertLinear layer)) return Method.super.stored(site, param);
        return AdapterFolder.PREFIX + details.targetParameters().module(layer) + "." + param;
    }

    @Override
    public boolean packs(String name, Shape shape) {
        return ExpertFactors.isStacked(name, shape);
    }

    @Override
    public Map<String, Tensor> packed(String name, Tensor value, Kernels k, Arena arena) {
        if (!packs(name, value.shape())) return Method.super.packed(name, value, k, arena);
        Tensor form = name.endsWith(LoraLinear.A) ? ExpertFactors.rowsOf(value) : ExpertFactors.columnsOf(value, k);
        return Map.of(name, k.toHost(form, arena));
    }

    @Override
    public Tensor unpacked(String name, Shape shape, Function<String, Tensor> file, Kernels k) {
        return new ExpertFactors(file, details.targetParameters().positional(), k).read(name, shape);
    }

    @Override
    public long parameters(Site site) {
        if (site instanceof ExpertLinear l) return (long) l.experts() * rank(l.path()) * (l.in() + l.out());
        if (site instanceof Convolution c) {
            long r = rank(c.path());
            return r * c.channels() * c.window() + r / c.windows().groups() * c.out();
        }
        Shape w = site instanceof Embedding e
                ? e.weight().shape()
                : ((Linear) site).weight().shape();
        int bias = details.loraBias() ? w.dim(0) : 0;
        return (long) rank(site.path()) * (w.dim(0) + w.dim(1)) + bias;
    }

    @Override
    public Beginning begins() {
        if (!(details.initLoraWeights() instanceof LoraInit.Plain plain)) return Beginning.ROUNDED;
        return switch (plain) {
            case TRUE, GAUSSIAN -> Beginning.SAME;
            case ORTHOGONAL -> Beginning.ROUNDED;
            case FALSE -> Beginning.OTHER;
        };
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        if (details.loraBias() && !(site instanceof Linear)) {
            throw new AdapterException("lora: lora-bias at %s, expected linear layers alone".formatted(site.path()));
        }
        return switch (site) {
            case Embedding e -> LoraEmbedding.over(e, this, start);
            case Convolution c -> LoraConvolution.over(c, this, start);
            case ExpertLinear l -> LoraExperts.over(l, this, start);
            default -> fresh((Linear) site, start);
        };
    }

    private Adapter fresh(Linear layer, Start start) {
        LoraLinear low = LoraLinear.over(layer, this, start);
        if (!details.loraBias()) return low;
        Tensor zeros = start.run().zeros(Shape.of(layer.out()));
        return new LoraBias(low, Param.trained(layer.path() + ".lora_B.bias", zeros, start.run()));
    }

    @Override
    public Optional<Lora> lowRank() {
        return Optional.of(this);
    }

    @Override
    public Method over(Lora other) {
        return other;
    }

    /// Where the factors took a part of the base, plain LoRA over the base as it was: of twice the rank, with the
    /// factors of the beginning beside the trained ones.
    ///
    /// ```
    /// s (B A − B₀ A₀) = s [B, −B₀] [A; A₀]
    /// ```
    @Override
    public AdapterSet asWritten(AdapterSet set, Kernels k) {
        return written(set, () -> set.overOwnBase(twice(), (a, b) -> less(a, b, k)));
    }

    /// An adapter that was read is written in the form it was read in, as PEFT does it.
    AdapterSet written(AdapterSet set, Supplier<AdapterSet> overOwnBase) {
        if (!details.initLoraWeights().changesBase()) return set;
        return set.wasTrained() ? set.asRead() : overOwnBase.get();
    }

    /// Of twice the rank and the same scale.
    Lora twice() {
        if (rslora
                && !(patterns.rankPattern().isEmpty() && patterns.alphaPattern().isEmpty())) {
            throw new AdapterException("lora: %s with rslora and patterns cannot be written as plain LoRA"
                    .formatted(details.initLoraWeights()));
        }
        SequencedMap<String, Integer> ranks = new LinkedHashMap<>();
        patterns.rankPattern().forEach((path, r) -> ranks.put(path, 2 * r));
        SequencedMap<String, Double> alphas = new LinkedHashMap<>();
        patterns.alphaPattern().forEach((path, a) -> alphas.put(path, 2 * a));
        double twice = alpha * (rslora ? Math.sqrt(2) : 2);
        return new Lora(2 * rank, twice, dropout, rslora, new Patterns(ranks, alphas), details.loraBias());
    }

    /// The factors of an adapter, and those of its beginning with the opposite sign; zeros where it took nothing.
    static Adapter less(Adapter now, Optional<Adapter> begun, Kernels k) {
        SequencedMap<String, Param> then = begun.map(Adapter::params).orElseGet(LinkedHashMap::new);
        return now.over(p -> {
            for (String name : List.of("lora_A.weight", "lora_embedding_A")) {
                if (p.name().endsWith(name)) return beside(p, then.get(name), 0, 1, k);
            }
            for (String name : List.of("lora_B.weight", "lora_embedding_B")) {
                if (p.name().endsWith(name)) return beside(p, then.get(name), 1, -1, k);
            }
            return p;
        });
    }

    /// A factor and another, times `sign`, along an axis.
    private static Param beside(Param now, @Nullable Param then, int axis, float sign, Kernels k) {
        Tensor signed = k.zeros(now.value().shape());
        if (then != null) k.elementwise().scale(then.value(), sign, signed);
        Tape t = Tape.noGrad(k);
        Var both = concat(axis, t.constant(now.value()), t.constant(signed));
        return Param.frozen(now.name(), both.value());
    }

    /// Whether a bias is trained behind B.
    public boolean loraBias() {
        return details.loraBias();
    }

    /// Rank of the adapter at `path`.
    int rank(String path) {
        return Ranks.first(patterns.rankPattern(), path, rank);
    }

    /// Alpha of the adapter at `path`.
    double alpha(String path) {
        return Ranks.first(patterns.alphaPattern(), path, alpha);
    }

    /// Scale of the adapter at `path`.
    float scale(String path) {
        int r = rank(path);
        return (float) (alpha(path) / (rslora ? Math.sqrt(r) : r));
    }
}
