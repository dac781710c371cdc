package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// AdaLoRA: the update is written as a singular value decomposition, and while it trains, `RankAllocator` gives the
/// ranks to the layers where they matter.
///
/// ```
/// ΔW = alpha / R₀ · B diag(E) A       A: [R,I], E: [R,1], B: [O,R]
/// loss + w · mean ‖P Pᵀ − 1‖_F        over all A and Bᵀ: they stay nearly orthogonal
/// ```
///
/// Zhang et al. 2023 (arXiv:2303.10512), eq. 3 and 4. E starts zero, A and B normal with deviation 0.02.
/// The scale keeps the first rank R₀ when ranks are taken away.
///
/// @param schedule when ranks are taken, and how many
/// @param importance how the worth of a rank is measured
/// @param orthRegWeight weight w of the penalty
/// @param alpha numerator of the scale; 0 or less stands for R₀
/// @param dropout probability of dropping a value of an adapter's input
/// @param kept which ranks a stored adapter has kept, by the path of its layer; none for all
public record AdaLora(
        @Part Schedule schedule,
        @Part Importance importance,

        @Option(
                says = "Weight of the penalty on factors that are not orthogonal.",
                label = "X",
                peft = "orth_reg_weight",
                least = 0)
        @Usual(
                from = 0,
                to = 1,
                why = "the middle of the paper's 0.1 to 0.5",
                source = "Zhang et al. 2023 (AdaLoRA); PEFT: 0.5")
        double orthRegWeight,

        @Option(says = "Numerator of the scale alpha / rank.", peft = "lora_alpha", peftDefault = "8")
        @Usual(from = 1, to = 512, why = "PEFT's", source = "PEFT: lora_alpha 8")
        double alpha,

        @Option(
                says = "Probability of dropping a value of an adapter's input.",
                label = "P",
                peft = "lora_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.2, why = "none, as for LoRA", source = "PEFT: 0")
        float dropout,

        SequencedMap<String, List<Boolean>> kept)
        implements Method {

    /// When ranks are taken, and how many.
    ///
    /// @param rank rank R₀ that each layer begins with
    /// @param targetRank mean rank at the end
    /// @param tinit steps before the first rank is taken
    /// @param tfinal steps at the end in which ranks stay
    /// @param deltaT steps from one allotment to the next
    /// @param totalStep steps of the schedule; 0 stands for those of the run
    public record Schedule(
            @Option(says = "Rank that each layer begins with.", label = "R", peft = "init_r", least = 1)
            @Usual(
                    from = 2,
                    to = 256,
                    why = "half as much again as in the end, to choose from",
                    source = "Zhang et al. 2023 (AdaLoRA); PEFT: 12")
            int rank,

            @Option(says = "Mean rank at the end.", label = "R", peft = "target_r", least = 0)
            @Usual(from = 1, to = 128, why = "the mean rank of a LoRA of the same size", source = "PEFT: target_r 8")
            int targetRank,

            @Option(says = "Steps before the first rank is taken.", label = "STEPS", peft = "tinit", least = 0)
            @Usual(
                    from = 0,
                    to = 100000,
                    why = "at once; the paper waits for a tenth of the run",
                    source = "PEFT: tinit 0")
            int tinit,

            @Option(says = "Steps at the end in which ranks stay.", label = "STEPS", peft = "tfinal", least = 0)
            @Usual(
                    from = 0,
                    to = 100000,
                    why = "none; the paper keeps ranks over the last third",
                    source = "PEFT: tfinal 0")
            int tfinal,

            @Option(
                    says = "Steps from one allotment of ranks to the next.",
                    label = "STEPS",
                    peft = "deltaT",
                    least = 1)
            @Usual(from = 1, to = 1000, why = "in every step; the paper has 1 to 100", source = "PEFT: deltaT 1")
            int deltaT,

            @Option(
                    says = "Steps of the schedule of ranks.",
                    label = "STEPS",
                    peft = "total_step",
                    otherwise = "0: those of the run",
                    least = 0)
            @Usual(from = 0, to = 10000000, why = "those of the run", source = "PEFT: must be given")
            int totalStep) {

        /// @throws AdapterException if the ranks grow
        public Schedule {
            if (targetRank > rank) {
                throw new AdapterException(
                        "adalora: target-rank is %d, expected at most the rank %d".formatted(targetRank, rank));
            }
        }

        private Schedule over(int steps) {
            return totalStep == 0 ? new Schedule(rank, targetRank, tinit, tfinal, deltaT, steps) : this;
        }

        /// The first step in which ranks stay.
        int last() {
            return totalStep - tfinal;
        }
    }

    /// How the worth of a rank is measured.
    ///
    /// @param importanceBeta decay of the mean of the importance
    /// @param uncertaintyBeta decay of the mean of its uncertainty
    public record Importance(
            @Option(says = "Decay of the mean importance of a rank.", label = "X", peft = "beta1", least = 0, below = 1)
            @Usual(
                    from = 0.5,
                    to = 0.99,
                    why = "the paper's",
                    source = "Zhang et al. 2023 (AdaLoRA), eq. 9; PEFT: 0.85")
            double importanceBeta,

            @Option(says = "Decay of its mean uncertainty.", label = "X", peft = "beta2", least = 0, below = 1)
            @Usual(
                    from = 0.5,
                    to = 0.99,
                    why = "the paper's",
                    source = "Zhang et al. 2023 (AdaLoRA), eq. 10; PEFT: 0.85")
            double uncertaintyBeta) {}

    private static final String A = "lora_A";
    private static final String B = "lora_B";
    private static final String E = "lora_E";
    private static final PeftFields FIELDS = Lora.FIELDS
            .fixed("layer_replication", null)
            .fixed("target_parameters", null)
            .fixed("use_rslora", false)
            .fixed("lora_bias", false)
            .about("alpha_pattern", Map.of())
            .about("init_lora_weights", true)
            .about("r", 8)
            .about("rank_pattern", null);

    /// From rank 12 to 8, as in PEFT.
    public static AdaLora defaults() {
        return new AdaLora(
                new Schedule(12, 8, 0, 0, 1, 0), new Importance(0.85, 0.85), 0.5, 8, 0, new LinkedHashMap<>());
    }

    @Override
    public String name() {
        return "adalora";
    }

    @Override
    public String peftType() {
        return "ADALORA";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public Map<String, @Nullable Object> peftFields(Model model) {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        Map<String, Object> pattern = new LinkedHashMap<>();
        kept.forEach((path, ranks) -> pattern.put(path + "." + E, ranks));
        m.put("rank_pattern", pattern.isEmpty() ? null : pattern);
        return m;
    }

    @Override
    public Method reading(ConfigFields file) {
        SequencedMap<String, List<Boolean>> all = new LinkedHashMap<>();
        file.flags("rank_pattern")
                .forEach((name, ranks) -> all.put(name.replaceFirst("\\." + E + "(\\.default)?$", ""), ranks));
        return with(all);
    }

    private AdaLora with(SequencedMap<String, List<Boolean>> ranks) {
        return new AdaLora(schedule, importance, orthRegWeight, alpha, dropout, ranks);
    }

    @Override
    public boolean takes(Site site) {
        return site instanceof Linear;
    }

    private int rank(String path) {
        return kept.isEmpty()
                ? schedule.rank()
                : Math.toIntExact(kept.getOrDefault(path, List.of()).stream()
                        .filter(k -> k)
                        .count());
    }

    @Override
    public long parameters(Site site) {
        return site instanceof Linear l ? (long) rank(l.path()) * (l.in() + l.out() + 1) : 0;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Linear l = (Linear) site;
        int r = rank(l.path());
        NamedParams values = start.params(l)
                .normal(A, 0.02, r, l.in())
                .normal(B, 0.02, l.out(), r)
                .zeros(E, r, 1)
                .build();
        return new AddedOutput(values, this::update, new Drop(dropout, 0), start.number());
    }

    /// `c / (R₀ + 1e-5) · ((x Aᵀ) ∘ E) Bᵀ`
    private Var update(Var x, Here h) {
        if (h.size(E) == 0) return h.zeros(x.shape().rows(), h.out());
        Var low = mul(matMul(x, h.get(A)), h.flat(E));
        double c = alpha > 0 ? alpha : schedule.rank();
        return scale(matMul(low, h.get(B)), (float) (c / (schedule.rank() + 1e-5)));
    }

    /// PEFT takes no file without a number of steps.
    @Override
    public AdaLora over(int steps) {
        return new AdaLora(schedule.over(steps), importance, orthRegWeight, alpha, dropout, kept);
    }

    @Override
    public Shaping shaping(AdapterSet set, int steps, Kernels run) {
        return new RankAllocator(this, schedule.over(steps), triplets(set), run);
    }

    private static List<RankAllocator.Triplet> triplets(AdapterSet set) {
        return set.adapters().values().stream()
                .map(a -> new RankAllocator.Triplet(param(a, A), param(a, B), param(a, E)))
                .toList();
    }

    private static Param param(Adapter a, String name) {
        Param p = a.params().get(name);
        if (p == null) throw new IllegalStateException("adalora: an adapter without " + name);
        return p;
    }

    /// Without the ranks that were taken, once the last allotment has been made: what E has at zero counts for nothing.
    @Override
    public AdapterSet asWritten(AdapterSet set, Kernels k) {
        SequencedMap<String, List<Boolean>> ranks = new LinkedHashMap<>();
        set.adapters()
                .forEach((site, a) ->
                        ranks.put(site.path(), nonZero(k.download(param(a, E).value()))));
        long left = ranks.values().stream().flatMap(List::stream).filter(x -> x).count();
        if (!kept.isEmpty() || left == 0 || left > (long) schedule.targetRank() * ranks.size()) return set;
        UnaryOperator<Adapter> cut = a -> a instanceof AddedOutput o ? cut(o, k) : a;
        return set.as(with(ranks), cut);
    }

    private static List<Boolean> nonZero(float[] e) {
        List<Boolean> all = new ArrayList<>();
        for (float v : e) all.add(v != 0);
        return all;
    }

    private static AddedOutput cut(AddedOutput a, Kernels k) {
        List<Boolean> ranks = nonZero(k.download(param(a, E).value()));
        return a.over(p -> {
            int axis = p == param(a, B) ? 1 : 0;
            return Param.frozen(p.name(), cut(p.value(), axis, ranks, k));
        });
    }

    /// The rows, or columns, that are kept.
    private static Tensor cut(Tensor t, int axis, List<Boolean> ranks, Kernels k) {
        int rows = t.shape().dim(0);
        int columns = t.shape().dim(1);
        float[] all = k.download(t);
        int n = Math.toIntExact(ranks.stream().filter(x -> x).count());
        float[] some = new float[(axis == 0 ? columns : rows) * n];
        int at = 0;
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                if (ranks.get(axis == 0 ? r : c)) some[at++] = all[r * columns + c];
            }
        }
        return k.of(axis == 0 ? Shape.of(n, columns) : Shape.of(rows, n), some);
    }
}
