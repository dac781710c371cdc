package dev.gradine.eval.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.eval.model.Response.Likelihood;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Log-probabilities of packed choices are those of each sequence alone, by the logits of the story
/// model.
class PolicyModelTest {

    private final Kernels run = CpuKernels.open();
    private final OpenModel open = Models.open(Golden.shared("assets/models/stories260K/stories260K-f32.gguf"), run);
    private final Policy policy = Policy.of(open.model());

    @AfterEach
    void close() {
        run.close();
        open.close();
    }

    private PolicyModel model(int batchTokens) {
        return new PolicyModel(policy, run, id -> id == 1, new PolicyModel.Settings(batchTokens, 1234));
    }

    private LabelledTokens pair(String context, String continuation) {
        int known = open.codec().tokenizer().encode(context, true).length;
        return LabelledTokens.completion(open.codec().tokenizer().encode(context + continuation, true), known);
    }

    private List<List<LabelledTokens>> groups() {
        return List.of(
                List.of(
                        pair("One day, a girl named", " Lily"),
                        pair("One day, a girl named", " Ben went home"),
                        pair("One day, a girl named", " Li")),
                List.of(pair("The dog was", " happy")),
                List.of(),
                List.of(single(403, 5), single(403, 6)), // one token each: nothing but the context is read
                List.of(pair("He saw a", " big red ball in the park"), pair("They ran", " away")));
    }

    /// Token `id` behind BOS and `first`.
    private static LabelledTokens single(int first, int id) {
        return LabelledTokens.completion(new int[] {1, first, id}, 2);
    }

    /// The same from the logits of the whole sequence, in double.
    private Likelihood alone(LabelledTokens l) {
        double sum = 0;
        boolean greedy = true;
        try (Kernels k = run.openStep()) {
            float[] logits = k.download(policy.logits(Tape.noGrad(k), TokenBatch.of(List.of(l.ids())))
                    .value());
            int v = open.model().vocabSize();
            for (int t = l.promptTokens(); t < l.tokens(); t++) {
                float[] row = Arrays.copyOfRange(logits, (t - 1) * v, t * v);
                double z = 0;
                int best = 0;
                for (int i = 0; i < v; i++) {
                    z += Math.exp(row[i]);
                    if (row[i] > row[best]) best = i;
                }
                sum += row[l.ids()[t]] - Math.log(z);
                greedy &= best == l.ids()[t];
            }
        }
        return new Likelihood(sum, greedy, l.predicted());
    }

    @Test
    void choices_packed_with_others_score_as_each_alone() {
        for (int batchTokens : new int[] {1, 24, 4096}) {
            List<List<Likelihood>> scores = model(batchTokens).score(groups(), _ -> {});
            assertThat(scores).hasSameSizeAs(groups());
            for (int g = 0; g < scores.size(); g++) {
                assertThat(scores.get(g)).hasSameSizeAs(groups().get(g));
                for (int s = 0; s < scores.get(g).size(); s++) {
                    Likelihood alone = alone(groups().get(g).get(s));
                    Likelihood packed = scores.get(g).get(s);
                    Tolerance.logits().times(2 * alone.tokens()).check("log p", packed.logProb(), alone.logProb());
                    assertThat(packed.greedy()).isEqualTo(alone.greedy());
                    assertThat(packed.tokens()).isEqualTo(alone.tokens());
                }
            }
        }
    }

    @Test
    void progress_ends_at_the_number_of_items() {
        List<Integer> told = new ArrayList<>();
        model(24).score(groups(), told::add);
        assertThat(told).isSorted().doesNotHaveDuplicates().endsWith(5);
    }

    @Test
    void a_text_is_the_likeliest_and_ends_when_told_to() {
        int[] prompt = open.codec().tokenizer().encode("One day, a girl named", true);
        GenerationRule rule = new GenerationRule(List.of(), 6, SamplingParams.GREEDY);
        int[] text = model(24).write(List.of(prompt), rule, (_, _) -> true).getFirst();
        assertThat(text).hasSize(6);
        int[] whole = Arrays.copyOf(prompt, prompt.length + text.length);
        System.arraycopy(text, 0, whole, prompt.length, text.length);
        assertThat(alone(LabelledTokens.completion(whole, prompt.length)).greedy())
                .isTrue();
        List<int[]> two = model(24).write(List.of(prompt, prompt), rule, (p, _) -> p == 1);
        assertThat(two).extracting(t -> t.length).containsExactly(1, 6);
    }

    @Test
    void many_texts_are_those_of_one_at_a_time() {
        var drawn = new GenerationRule(List.of(), 12, new SamplingParams(0.9, 0, 1));
        for (GenerationRule rule : List.of(drawn, new GenerationRule(List.of(), 12, SamplingParams.GREEDY))) {
            List<int[]> prompts = new ArrayList<>();
            for (String name : List.of("Lily", "Ben", "a dog", "the old, old king of all the land", "Tim")) {
                prompts.add(open.codec().tokenizer().encode("One day, " + name, true));
            }
            TokenModel.OnToken stopping = (p, token) -> p != 2 || token % 5 != 0;
            List<int[]> together = model(24).write(prompts, rule, stopping);
            for (int p = 0; p < prompts.size(); p++) {
                int number = p;
                List<int[]> alone =
                        model(24).write(List.of(prompts.get(p)), rule, (_, token) -> stopping.goesOn(number, token));
                assertThat(together.get(p)).as("text " + p).isEqualTo(alone.getFirst());
            }
        }
    }
}
