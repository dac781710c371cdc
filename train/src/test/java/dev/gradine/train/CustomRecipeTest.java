package dev.gradine.train;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.relu;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.softplus;
import static dev.gradine.autograd.op.Functions.sub;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.Answers;
import dev.gradine.align.CustomPairLoss;
import dev.gradine.align.CustomRecipe;
import dev.gradine.align.Pairs;
import dev.gradine.align.ReferenceUse;
import dev.gradine.align.Scored;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.models.Families;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.optim.Objective;
import dev.gradine.optim.Outcome;
import dev.gradine.optim.Step;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Recipes written outside their package, over examples of their own, are trained like those that ship.
class CustomRecipeTest {

    /// Three answers to a prompt, the best first.
    private record Ranking(LabelledTokens first, LabelledTokens second, LabelledTokens third) {}

    /// Each answer is to be likelier, per token, than the next: L = softplus(a₂ − a₁) + softplus(a₃ − a₂).
    private record InOrder() implements CustomRecipe<Ranking> {

        @Override
        public About about() {
            return new About("in-order", "In order", "Puts answers in order.", 1e-3);
        }

        @Override
        public Encoder<Ranking> encoder(TextCodec codec, int maxLength, int batch) {
            throw new IllegalStateException("examples are made by hand");
        }

        @Override
        public List<LabelledTokens> sequences(Ranking r) {
            return List.of(r.first(), r.second(), r.third());
        }

        @Override
        public Var loss(Scored<Ranking> batch) {
            Var[] a = {
                batch.branch(0).means(),
                batch.branch(1).means(),
                batch.branch(2).means()
            };
            return add(softplus(sub(a[1], a[0])), softplus(sub(a[2], a[1])));
        }

        @Override
        public List<Metric> metrics() {
            return List.of(Metric.loss("per ranking"), Metric.neutral("first", "nats", "Log-probability of the best"));
        }

        @Override
        public void measure(Scored<Ranking> batch, MeanMetrics m) {
            Answers first = batch.branch(0);
            for (int i = 0; i < first.size(); i++) m.add("first", first.sum(i), 1);
        }
    }

    /// L = max(0, 1 − Δ)
    private record Hinge(float beta) implements CustomPairLoss {

        @Override
        public About about() {
            return new About("hinge", "Hinge", "Pushes answers apart.", 1e-3);
        }

        @Override
        public ReferenceUse reference() {
            return ReferenceUse.IN_LOSS;
        }

        @Override
        public Var loss(Pairs p) {
            return relu(shift(sub(p.rejected().logRatio(), p.chosen().logRatio()), 1));
        }
    }

    private static final int V = 9;
    private static final int C = 8;
    private static final List<Ranking> RANKINGS = List.of(
            new Ranking(answer(4, 5), answer(6), answer(7, 8, 1)), new Ranking(answer(1), answer(2, 2), answer(3)));

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = Families.builtIn()
            .build(
                    new ModelConfig(Map.of(
                            "model_type",
                            "llama",
                            "vocab_size",
                            V,
                            "hidden_size",
                            C,
                            "intermediate_size",
                            C,
                            "num_hidden_layers",
                            1,
                            "num_attention_heads",
                            2)),
                    new Weights(this::weight, run));
    private final Weight norm = model.weights().stream()
            .filter(w -> w.path().startsWith("model.norm"))
            .findFirst()
            .orElseThrow();
    private final Param trained =
            Param.trained("norm", run.of(Shape.of(C), run.download(norm.param().value())), run);

    /// A trained copy of the last norm.
    private final Adapters adapters = new Adapters() {
        @Override
        public Param at(Weight weight) {
            return weight.equals(norm) ? trained : weight.param();
        }

        @Override
        public boolean touches(Site site) {
            return site.equals(norm);
        }
    };

    private final Learner learner = new Learner(new Policy(model, adapters), false);

    @AfterEach
    void close() {
        run.close();
    }

    private Tensor weight(String name, Shape shape) {
        return run.of(shape, Cases.plain(name.hashCode(), shape.size(), 0.5f));
    }

    private static LabelledTokens answer(int... tokens) {
        int[] ids = new int[3 + tokens.length];
        ids[0] = 3;
        ids[1] = 1;
        ids[2] = 4;
        System.arraycopy(tokens, 0, ids, 3, tokens.length);
        return LabelledTokens.completion(ids, 3);
    }

    private <E> double loss(Objective<E> objective, List<E> batch) {
        try (Kernels k = run.openStep()) {
            Outcome o = objective.forward(Step.evaluation(Tape.noGrad(k)), batch, batch.size());
            return k.download(o.loss().value())[0];
        }
    }

    private double mean(LabelledTokens answer) {
        try (Kernels k = run.openStep()) {
            var lp = TokenLogProbs.of(Tape.noGrad(k), learner.policy(), List.of(answer));
            return k.download(lp.sums().value())[0] / (double) answer.predicted();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_loss_over_three_answers_is_its_formula(boolean shareBeginnings) {
        var objective = new PolicyObjective<>(new InOrder(), learner, ReferenceLogProbs.none(), shareBeginnings);
        double expected = 0;
        for (Ranking r : RANKINGS) {
            double a = mean(r.first());
            double b = mean(r.second());
            double c = mean(r.third());
            expected += (Math.log1p(Math.exp(b - a)) + Math.log1p(Math.exp(c - b))) / 2;
        }
        double[] want = {expected};
        Teeth.bite(
                new float[] {(float) loss(objective, RANKINGS)},
                l -> Tolerance.loss().check("loss", l, want));
        assertThat(objective.work(RANKINGS.getFirst())).isEqualTo(5 + 4 + 6);
    }

    @Test
    void it_is_learnt() {
        assertLearnt(PolicyObjective.of(new InOrder(), learner), RANKINGS);
    }

    @Test
    void a_loss_over_pairs_needs_its_formula_alone() {
        var objective = new PolicyObjective<>(new Hinge(0.1f), learner, ReferenceLogProbs.of(Policy.of(model)), true);
        List<Pair> pairs =
                RANKINGS.stream().map(r -> new Pair(r.first(), r.third())).toList();
        assertThat(loss(objective, pairs)).as("policy and reference agree").isEqualTo(1);
        assertLearnt(objective, pairs);
    }

    private <E> void assertLearnt(Objective<E> objective, List<E> batch) {
        double before = loss(objective, batch);
        for (int step = 0; step < 20; step++) {
            try (Kernels k = run.openStep()) {
                Tape tape = Tape.recording(k);
                tape.backward(objective
                        .forward(Step.training(tape, step), batch, batch.size())
                        .loss());
                k.elementwise().axpy(-0.2f, trained.grad(), trained.value());
                k.elementwise().fill(trained.grad(), 0);
            }
        }
        assertThat(loss(objective, batch)).isLessThan(before - 0.05);
    }

    @Test
    void a_recipe_that_compares_is_refused_without_a_reference() {
        assertThatThrownBy(() -> PolicyObjective.of(new Hinge(0.1f), learner))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("hinge: no reference, expected one to compare the policy with");
    }
}
