package dev.gradine.nn.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.nn.Decoder;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TinyLlama;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Many sequences at once, against the same one at a time.
class GenerationsTest {

    private static final SamplingParams SAMPLED = new SamplingParams(1.3, 0, 1);

    private final Kernels run = CpuKernels.open();
    private final Decoder model = TinyLlama.of(run);

    @AfterEach
    void close() {
        run.close();
    }

    private static int[] prompt(int number) {
        return IntStream.range(0, 1 + number % 7)
                .map(i -> (11 * number + 5 * i) % 32)
                .toArray();
    }

    /// So many prompts, each continued `times` times.
    private static List<Asked> asked(int prompts, int times) {
        List<Asked> all = new ArrayList<>();
        for (int p = 0; p < prompts; p++) {
            List<RandomGenerator> draws = new ArrayList<>();
            for (int i = 0; i < times; i++) draws.add(new SplittableRandom(100L * p + i));
            all.add(Asked.of(prompt(p), draws));
        }
        return all;
    }

    private List<int[]> together(int prompts, int times, WritingRule request) {
        return new Generations(Policy.of(model), run)
                .run(asked(prompts, times), request).stream()
                        .flatMap(own -> own.stream().map(Continuation::tokens))
                        .toList();
    }

    private List<int[]> alone(int prompts, int times, WritingRule request) {
        List<int[]> all = new ArrayList<>();
        for (int p = 0; p < prompts; p++) {
            for (int i = 0; i < times; i++) {
                var rng = new SplittableRandom(100L * p + i);
                all.add(new Generations(Policy.of(model), run).one(prompt(p), request, rng, _ -> true));
            }
        }
        return all;
    }

    private static void assertSame(List<int[]> got, List<int[]> want) {
        assertThat(got).hasSameSizeAs(want);
        for (int i = 0; i < want.size(); i++)
            assertThat(got.get(i)).as("text " + i).isEqualTo(want.get(i));
    }

    @Test
    void the_likeliest_tokens_are_those_of_one_at_a_time() {
        var request = WritingRule.of(SamplingParams.GREEDY, 12, _ -> false);
        assertSame(together(9, 1, request), alone(9, 1, request));
    }

    @Test
    void drawn_tokens_are_those_of_one_at_a_time_with_the_same_seeds() {
        var request = WritingRule.of(SAMPLED, 12, _ -> false);
        List<int[]> got = together(5, 3, request);
        assertSame(got, alone(5, 3, request));
        assertThat(got.get(0)).isNotEqualTo(got.get(1));
    }

    @Test
    void a_text_that_ends_leaves_the_others_going() {
        var request = WritingRule.of(SAMPLED, 20, t -> t % 9 == 4);
        List<int[]> want = alone(6, 3, request);
        assertSame(together(6, 3, request), want);
        assertThat(want.stream().mapToInt(w -> w.length).distinct().count()).isGreaterThan(3);
    }

    /// Each third text is stopped by who reads it, another after another number of tokens.
    @Test
    void a_text_that_is_stopped_leaves_the_others_going() {
        var request = WritingRule.of(SAMPLED, 12, _ -> false);
        List<Asked> all = new ArrayList<>();
        List<List<Integer>> told = new ArrayList<>();
        for (int p = 0; p < 6; p++) {
            int most = p % 3 == 0 ? 2 + p : 100;
            List<Integer> own = new ArrayList<>();
            told.add(own);
            all.add(Asked.telling(prompt(p), new SplittableRandom(100L * p), token -> {
                own.add(token);
                return own.size() < most;
            }));
        }
        List<List<Continuation>> got = new Generations(Policy.of(model), run).run(all, request);
        List<int[]> want = alone(6, 1, request);
        for (int p = 0; p < 6; p++) {
            int[] text = got.get(p).getFirst().tokens();
            assertThat(text).hasSize(p % 3 == 0 ? 2 + p : 12).isEqualTo(Arrays.copyOf(want.get(p), text.length));
            assertThat(told.get(p))
                    .containsExactlyElementsOf(IntStream.of(text).boxed().toList());
        }
    }

    @Test
    void more_than_fit_at_once_come_one_wave_after_the_other() {
        var request = WritingRule.of(SAMPLED, 3, _ -> false);
        assertSame(together(40, 3, request), alone(40, 3, request));
    }

    @Test
    void prompts_of_several_pieces_are_read_whole() {
        Decoder longer = TinyLlama.of(run, 2048);
        int[] prompt = IntStream.range(0, 700).map(i -> (7 * i) % 32).toArray();
        var request = WritingRule.of(SamplingParams.GREEDY, 4, _ -> false);
        List<Asked> all = List.of(
                Asked.of(prompt, List.of(new SplittableRandom(1), new SplittableRandom(2))),
                Asked.of(Arrays.copyOf(prompt, 690), List.of(new SplittableRandom(3))));
        var got = new Generations(Policy.of(longer), run).run(all, request);
        for (int[] p : List.of(prompt, Arrays.copyOf(prompt, 690))) {
            int[] want = new Generations(Policy.of(longer), run).one(p, request, new SplittableRandom(1), _ -> true);
            assertThat(got.get(p.length == 700 ? 0 : 1).getFirst().tokens()).isEqualTo(want);
        }
        assertThat(got.getFirst().get(1).tokens())
                .isEqualTo(got.getFirst().getFirst().tokens());
    }

    @Test
    void says_whether_a_text_came_to_its_end() {
        var request = WritingRule.of(SAMPLED, 20, t -> t % 9 == 4);
        for (Continuation w : new Generations(Policy.of(model), run)
                .run(asked(4, 1), request).stream().map(List::getFirst).toList()) {
            assertThat(w.isEnded()).isEqualTo(w.tokens().length < 20);
            assertThat(Arrays.copyOf(w.whole(), w.tokens().length)).isEqualTo(w.tokens());
            if (w.isEnded()) assertThat(w.whole()[w.tokens().length] % 9).isEqualTo(4);
            else assertThat(w.whole()).hasSize(20);
        }
    }

    @Test
    void texts_stop_at_the_last_position_and_memory_is_given_back() {
        long before = run.bytesInUse();
        var request = WritingRule.of(SamplingParams.GREEDY, 50, _ -> false);
        var all = List.of(
                Asked.of(new int[60], List.of(new SplittableRandom(1))),
                asked(1, 1).getFirst());
        var got = new Generations(Policy.of(model), run).run(all, request);
        assertThat(got.get(0).getFirst().tokens()).hasSize(4);
        assertThat(got.get(1).getFirst().tokens()).hasSize(50);
        assertThat(run.bytesInUse()).isEqualTo(before);
    }

    @Test
    void refuses_an_empty_prompt_and_one_that_leaves_no_room() {
        var request = WritingRule.of(SamplingParams.GREEDY, 5, _ -> false);
        var generations = new Generations(Policy.of(model), run);
        for (int length : new int[] {0, 64}) {
            var asked = List.of(Asked.of(new int[length], List.of(new SplittableRandom(1))));
            assertThatThrownBy(() -> generations.run(asked, request))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            length == 0
                                    ? "generate: the prompt has no token"
                                    : "generate: the prompt has 64 tokens, expected fewer than 64");
        }
    }
}
