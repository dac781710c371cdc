package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which tokens an invocation calls the adapter for, in whole sequences and in those read through a cache.
class AloraTest {

    private static final List<Integer> CALL = List.of(7, 8);
    private static final int[] TWICE = {1, 7, 8, 4, 7, 8, 2, 7};
    private static final int[] NEVER = {7, 9, 8, 7};
    private static final int V = 37;

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);
    private final AdapterSet set = moved(new Alora(Lora.of(3, 6), CALL));

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet moved(Method method) {
        AdapterSet fresh =
                AdapterSet.fresh(model, method, Selection.of(method.usualTargets()), run, new SplittableRandom(1));
        TinyModel.perturb(fresh, run);
        return fresh;
    }

    private float[] logits(Policy policy, int[]... sequences) {
        return TinyModel.logits(policy, run, List.of(sequences));
    }

    private static int[] rows(int[]... sequences) {
        return new Invocation(CALL, Invocation.IN_BATCH).rows(TokenBatch.of(List.of(sequences)));
    }

    @Test
    void the_last_occurrence_calls_for_all_tokens_from_there_on() {
        assertThat(rows(TWICE)).containsExactly(4, 5, 6, 7);
        assertThat(rows(NEVER)).isEmpty();
        assertThat(rows(NEVER, TWICE, new int[] {7, 8})).containsExactly(8, 9, 10, 11, 12, 13);
        assertThat(rows(new int[] {1, 7}, new int[] {8, 7})).isEmpty(); // not across sequences
        assertThat(new Invocation(List.of(5, 5), Invocation.IN_BATCH)
                        .rows(TokenBatch.of(List.of(new int[] {5, 5, 5, 1}))))
                .containsExactly(1, 2, 3);
    }

    /// Before it the model is the base; without it altogether.
    @Test
    void tokens_before_it_are_those_of_the_base() {
        Policy policy = new Policy(model, set);
        float[] base = logits(Policy.of(model), TWICE);
        float[] got = logits(policy, TWICE);
        double[] before = Cases.doubles(Arrays.copyOf(base, 4 * V));
        Tolerance tolerance = Tolerance.logits().times(10); // of magnitude 10
        Teeth.bite(Arrays.copyOf(got, 4 * V), l -> tolerance.check("before", l, before));
        for (int t = 4; t < TWICE.length; t++) {
            assertThat(Arrays.copyOfRange(got, t * V, t * V + V))
                    .isNotEqualTo(Arrays.copyOfRange(base, t * V, t * V + V));
        }
        assertThat(logits(policy, NEVER)).isEqualTo(logits(Policy.of(model), NEVER));
    }

    /// Where a sequence begins with it, all of it is adapted as LoRA adapts it.
    @Test
    void from_it_on_it_is_lora() {
        int[] ids = {7, 8, 3, 30, 0};
        AdapterSet lora = moved(Lora.of(3, 6));
        assertThat(logits(new Policy(model, set), ids)).isEqualTo(logits(new Policy(model, lora), ids));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 8})
    void a_cache_may_be_filled_in_pieces(int first) {
        double[] whole = Cases.doubles(logits(new Policy(model, set), TWICE));
        Teeth.bite(cached(first), got -> Tolerance.logits().times(10).check("cached", got, whole)); // of magnitude 10
    }

    private float[] cached(int first) {
        float[] got = new float[TWICE.length * V];
        AdapterSet told = set.continuing(TWICE);
        try (Kernels k = run.openStep()) {
            KvCache cache = model.newCache(k, TWICE.length);
            for (int at = 0; at < TWICE.length; ) {
                int end = at == 0 ? first : at + 1;
                Pass pass = Pass.continuing(Tape.noGrad(k), Arrays.copyOfRange(TWICE, at, end), cache)
                        .with(told);
                float[] piece =
                        k.download(model.head().logits(model.hidden(pass), pass).value());
                System.arraycopy(piece, 0, got, at * V, piece.length);
                at = end;
            }
        }
        return got;
    }

    /// The tokens written are adapted as the prompt's last ones are; what they say calls nobody.
    @Test
    void text_goes_on_from_the_invocation_in_the_prompt() {
        var request = WritingRule.of(SamplingParams.GREEDY, 5, _ -> false);
        for (int[] prompt : List.of(TWICE, NEVER)) {
            int[] written = new Generations(new Policy(model, set), run)
                    .one(prompt, request, new SplittableRandom(1), _ -> true);
            AdapterSet told = set.continuing(prompt);
            int[] all = prompt;
            for (int token : written) {
                float[] logits = logits(new Policy(model, told), all);
                int last = logits.length - V;
                int best = IntStream.range(0, V).reduce(0, (a, b) -> logits[last + b] > logits[last + a] ? b : a);
                assertThat(token).isEqualTo(best);
                all = IntStream.concat(IntStream.of(all), IntStream.of(token)).toArray();
            }
            assertThat(written).hasSize(5);
        }
    }

    @Test
    void a_beginning_is_not_shared() {
        assertThat(set.areCausal()).isFalse();
        assertThat(moved(Lora.of(3, 6)).areCausal()).isTrue();
        TokenBatch batch = TokenBatch.branching(List.of(TWICE, NEVER), new int[] {-1, 0});
        assertThatThrownBy(() -> new Invocation(CALL, Invocation.IN_BATCH).rows(batch))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("alora: sequence 1 continues another one, expected whole sequences: its invocation may be"
                        + " in either");
    }

    @Test
    void what_has_no_invocation_or_no_whole_sequence_is_refused() {
        assertThatThrownBy(() -> moved(Alora.defaults()))
                .isInstanceOf(AdapterException.class)
                .hasMessage("alora: alora-invocation-tokens is empty, expected the ids of an invocation");
    }

    @Test
    void the_references_adapter_is_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("alora");
    }
}
