package dev.gradine.models;

import static dev.gradine.autograd.op.Functions.neg;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.LogProb.logProb;
import static dev.gradine.autograd.op.Mean.mean;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Site;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weight;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.BeamRule;
import dev.gradine.nn.generate.BeamSearch;
import dev.gradine.nn.generate.Continuation;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What every family keeps, over a small model of each.
class FamilyContractTest {

    /// Logits of one text computed in another order.
    private static final Tolerance REORDERED = Tolerance.logits();

    private static final int SHORT = 32; // tokens: a longrope turns longer texts otherwise from their beginning on

    static List<String> models() {
        return GoldenModelsTest.models();
    }

    @ParameterizedTest
    @MethodSource("models")
    void a_row_of_a_batch_is_the_row_alone(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            List<int[]> rows = rows(g);
            float[] first = g.logits(List.of(rows.getFirst()));
            float[] second = g.logits(List.of(rows.getLast()));
            float[] both = g.logits(rows);
            assertThat(Arrays.copyOf(both, first.length)).containsExactly(first);
            assertThat(Arrays.copyOfRange(both, first.length, both.length)).containsExactly(second);
        }
    }

    /// Two texts of different lengths.
    private static List<int[]> rows(GoldenModel g) {
        List<int[]> rows = g.tokens("input_ids");
        return List.of(Arrays.copyOf(rows.getFirst(), 23), rows.getLast());
    }

    @ParameterizedTest
    @MethodSource("models")
    void a_text_read_in_pieces_is_the_text(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            int[] ids = Arrays.copyOf(g.tokens("input_ids").getFirst(), SHORT);
            double[] whole = Cases.doubles(g.logits(List.of(ids)));
            Teeth.bite(inPieces(g, ids, 7), l -> REORDERED.check(name, l, whole));
        }
    }

    private static float[] inPieces(GoldenModel g, int[] ids, int piece) {
        CausalLm model = g.model;
        float[] all = new float[ids.length * model.vocabSize()];
        try (Kernels k = g.run.openStep()) {
            KvCache cache = model.newCache(k, ids.length);
            for (int at = 0; at < ids.length; at += piece) {
                int[] part = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + piece));
                try (Kernels scratch = k.openStep()) {
                    Pass pass = Pass.continuing(Tape.noGrad(scratch), part, cache);
                    float[] logits = scratch.download(
                            model.head().logits(model.hidden(pass), pass).value());
                    System.arraycopy(logits, 0, all, at * model.vocabSize(), logits.length);
                }
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("models")
    void a_shared_beginning_is_the_beginning_of_each(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            int[] ids = g.tokens("input_ids").getFirst();
            int[] other = g.tokens("input_ids").getLast();
            int[] start = Arrays.copyOf(ids, 11);
            int[] a = Arrays.copyOfRange(ids, 11, 30);
            int[] b = Arrays.copyOfRange(other, 0, 15);
            double[] apart = Cases.doubles(g.logits(List.of(joined(start, a), joined(start, b))));
            float[] shared = g.logits(TokenBatch.branching(List.of(start, a, b), new int[] {-1, 0, 0}));
            int v = g.model.vocabSize();
            double[] expected = new double[shared.length];
            System.arraycopy(apart, 0, expected, 0, 30 * v);
            System.arraycopy(apart, (30 + 11) * v, expected, 30 * v, 15 * v);
            Teeth.bite(shared, l -> REORDERED.check(name, l, expected));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void texts_written_together_are_those_written_alone(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            int[] prompt = g.tokens("greedy_prompt").getFirst();
            List<int[]> prompts = List.of(prompt, Arrays.copyOf(prompt, 5));
            var request = WritingRule.of(SamplingParams.GREEDY, 6, _ -> false);
            var draws = List.of(new SplittableRandom(1), new SplittableRandom(2));
            List<List<Continuation>> together = new Generations(Policy.of(g.model), g.run)
                    .run(prompts.stream().map(p -> Asked.of(p, draws)).toList(), request);
            for (int p = 0; p < prompts.size(); p++) {
                int[] alone = new Generations(Policy.of(g.model), g.run)
                        .one(prompts.get(p), request, new SplittableRandom(1), _ -> true);
                for (Continuation c : together.get(p)) assertThat(c.tokens()).containsExactly(alone);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void beams_score_what_a_pass_over_the_whole_text_scores(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            int[] prompt = g.tokens("greedy_prompt").getFirst();
            var rule = WritingRule.of(SamplingParams.GREEDY, 5, _ -> false);
            var beams = new BeamRule(3, 0, BeamRule.Patience.ANY_LENGTH);
            List<BeamSearch.Found> found =
                    new BeamSearch(Policy.of(g.model), g.run).search(prompt, rule, beams, _ -> false);
            assertThat(found).hasSize(3);
            for (BeamSearch.Found f : found) {
                double whole = g.logProb(prompt, f.continuation().tokens());
                assertThat(f.score()).isCloseTo(whole, withinPercentage(0.01));
            }
        }
    }

    private static int[] joined(int[] a, int[] b) {
        return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
    }

    @ParameterizedTest
    @MethodSource("models")
    void loss_and_its_gradient_for_the_embedding_are_the_references(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            assumeTrue(g.has("grad_embed"), name + " has no golden gradient");
            Learnt learnt = new Learnt(g);
            double[] golden = Cases.doubles(g.floats("grad_embed"));
            double largest = Arrays.stream(golden).map(Math::abs).max().orElse(0);
            Tolerance.loss().check(name, learnt.step(false), g.floats("loss")[0]);
            Teeth.bite(learnt.gradient(), d -> Tolerance.gradient(largest).check(name, d, golden));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void a_checkpointed_pass_gives_the_same_bits(String name) {
        try (GoldenModel g = new GoldenModel(name)) {
            Learnt plain = new Learnt(g);
            float loss = plain.step(false);
            Learnt again = new Learnt(g);
            assertThat(again.step(true)).isEqualTo(loss);
            assertThat(again.gradient()).containsExactly(plain.gradient());
        }
    }

    /// The model with an embedding that is trained, and the head with it where the two are one.
    private static final class Learnt implements Adapters {

        private final GoldenModel g;
        private final Param frozen;
        private final Param trained;

        Learnt(GoldenModel g) {
            this.g = g;
            frozen = g.model.embeddings().getFirst().weight().param();
            trained = Param.trained("embedding", frozen.value(), g.run);
        }

        @Override
        public Param at(Weight weight) {
            return weight.param() == frozen ? trained : weight.param();
        }

        @Override
        public boolean touches(Site site) {
            return site instanceof Weight w && w.param() == frozen;
        }

        float[] gradient() {
            return g.run.download(trained.grad());
        }

        /// Mean cross entropy of all next tokens, and its gradient.
        float step(boolean isCheckpointed) {
            List<int[]> rows = g.tokens("input_ids");
            int length = rows.getFirst().length;
            int[] asked = IntStream.range(0, rows.size() * length)
                    .filter(i -> i % length < length - 1)
                    .toArray();
            int[] targets = IntStream.of(asked)
                    .map(i -> rows.get(i / length)[i % length + 1])
                    .toArray();
            try (Kernels k = g.run.openStep()) {
                Tape tape = Tape.recording(k);
                Pass pass = Pass.of(tape, TokenBatch.of(rows)).with(this).checkpointing(isCheckpointed);
                Var logits = g.model.head().logits(g.model.hidden(pass), pass);
                Var loss = neg(mean(logProb(indexSelect(logits, k.ofInts(asked)), k.ofInts(targets), null)));
                tape.backward(loss);
                return k.download(loss.value())[0];
            }
        }
    }
}
