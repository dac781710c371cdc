package dev.gradine.lab.adapters;

import dev.gradine.autograd.Param;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.OtherWeights;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.base.Stories;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Quantise;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;

/// What is lost when weights become codes of four bits, in blocks of 64 that share a magnitude m.
///
/// ```
/// NF4, FP4: the nearest of sixteen numbers          int4: m / 7 · round(7 w / m)
/// error = ‖w − w′‖ / ‖w‖
/// ```
public record QuantisationError() implements Experiment {

    private static final int BLOCK = 64;
    private static final int NORMALS = 1 << 18;
    private static final List<String> TYPES = List.of("nf4", "fp4", "int4");

    @Override
    public About about() {
        return new About(
                "quant",
                "NF4 loses less of normally distributed weights than FP4 and int4 do.",
                "Dettmers et al. 2023, QLoRA (arXiv:2305.14314), section 4 and table 2",
                "262,144 normal numbers, and the linear weights of the story model but the head; blocks of 64 without"
                        + " double quantisation; loss on 20 whole stories drawn by the seed.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling("error, normal", "fp4", "nf4"),
                Expectation.falling("error, normal", "int4", "nf4"),
                Expectation.falling("error, story model", "fp4", "nf4"),
                Expectation.falling("error, story model", "int4", "nf4"),
                Expectation.falling("loss on stories", "fp4", "nf4"),
                Expectation.falling("loss on stories", "int4", "nf4"));
    }

    @Override
    public Table measure(Trial trial) {
        Table table = new Table("type");
        Kernels run = trial.run();
        float[] drawn = new float[trial.of(NORMALS, 1 << 12)];
        RandomGenerator rng = trial.random(0);
        for (int i = 0; i < drawn.length; i++) drawn[i] = (float) rng.nextGaussian();
        Tensor normal = run.of(Shape.of(drawn.length / BLOCK, BLOCK), drawn);
        try (Stories stories = Stories.open(trial)) {
            List<LabelledTokens> texts = some(stories.wholeStories(), trial.of(20, 2), rng);
            double base = Score.of(Policy.of(stories.model()), texts, run).loss();
            table.put("f32", "error, normal", 0).put("f32", "error, story model", 0);
            table.put("f32", "loss on stories", base);
            for (String type : TYPES) {
                table.put(
                        type,
                        "error, normal",
                        Difference.of(normal, coded(normal, type, run), run).share());
                Difference sum = Difference.NONE;
                SequencedMap<Weight, Param> others = new LinkedHashMap<>();
                for (Linear l : stories.model().linears()) {
                    if (l.path().equals("lm_head")) continue;
                    Tensor w = l.weight().param().value();
                    Tensor lossy = coded(w, type, run);
                    sum = sum.plus(Difference.of(w, lossy, run));
                    others.put(l.weight(), Param.frozen(l.weight().path(), lossy));
                }
                table.put(type, "error, story model", sum.share());
                Policy lossy = new Policy(stories.model(), new OtherWeights(others));
                table.put(type, "loss on stories", Score.of(lossy, texts, run).loss());
            }
        }
        return table;
    }

    private static List<LabelledTokens> some(List<LabelledTokens> all, int count, RandomGenerator rng) {
        return rng.ints(0, all.size())
                .distinct()
                .limit(count)
                .mapToObj(all::get)
                .toList();
    }

    /// `w` once it has been four bits.
    private static Tensor coded(Tensor w, String type, Kernels run) {
        if (type.equals("int4")) return run.of(w.shape(), integers(run.download(w)));
        DType four = type.equals("nf4") ? DType.NF4 : DType.FP4;
        Tensor decoded = run.empty(w.shape());
        run.copy(run.fromHost(Quantise.quantise(w, four, BLOCK, false, Arena.ofAuto())), decoded);
        return decoded;
    }

    private static float[] integers(float[] w) {
        float[] y = new float[w.length];
        for (int from = 0; from < w.length; from += BLOCK) {
            int to = Math.min(w.length, from + BLOCK);
            float m = 0;
            for (int i = from; i < to; i++) m = Math.max(m, Math.abs(w[i]));
            for (int i = from; i < to && m > 0; i++) y[i] = m / 7 * Math.round(7 * w[i] / m);
        }
        return y;
    }
}
