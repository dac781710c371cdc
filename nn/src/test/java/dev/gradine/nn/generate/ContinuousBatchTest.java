package dev.gradine.nn.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Decoder;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TinyLlama;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.WritingRule.Reports;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContinuousBatchTest {

    private static final SamplingParams DRAWN = new SamplingParams(0.8, 0, 0.95);
    private static final Room WIDE = new Room(8000, 40, 300);

    private final Kernels run = CpuKernels.open();
    private final Decoder model = TinyLlama.of(run, 2048);

    @AfterEach
    void close() {
        run.close();
    }

    /// What a text was told to be.
    private static final class Told implements Writing.Listener {
        final List<List<DrawnToken>> texts = new ArrayList<>();
        final List<Ending> endings = new ArrayList<>();
        List<DrawnToken> prompt = List.of();
        int most = Integer.MAX_VALUE;

        @Override
        public void prompt(List<DrawnToken> tokens) {
            prompt = tokens;
        }

        @Override
        public boolean token(int draw, DrawnToken token) {
            while (texts.size() <= draw) texts.add(new ArrayList<>());
            texts.get(draw).add(token);
            return texts.get(draw).size() < most;
        }

        @Override
        public void end(int draw, Ending ending) {
            endings.add(ending);
        }
    }

    private static int[] prompt(int number, int length) {
        return IntStream.range(0, length)
                .map(i -> (11 * number + 5 * i + i * i % 7) % 32)
                .toArray();
    }

    private static WritingRule rule(int tokens) {
        return new WritingRule(DRAWN, LogitChanges.NONE, tokens, _ -> false, new Reports(true, 3, false));
    }

    private static Writing writing(int[] prompt, WritingRule rule, Told told, long... seeds) {
        List<SplittableRandom> draws =
                Arrays.stream(seeds).mapToObj(SplittableRandom::new).toList();
        return new Writing(prompt, Adapters.NONE, rule, draws, told);
    }

    private static int finish(ContinuousBatch batch) {
        int steps = 1;
        while (batch.step()) steps++;
        return steps;
    }

    private List<DrawnToken> alone(int[] prompt, int tokens, long seed) {
        Told told = new Told();
        try (var batch = new ContinuousBatch(model, run, WIDE, Mixing.NONE)) {
            batch.add(writing(prompt, rule(tokens), told, seed));
            finish(batch);
        }
        return told.texts.getFirst();
    }

    /// Tokens with the bits of their log-probabilities, and those of the likeliest beside them.
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 17})
    void a_text_is_the_same_to_the_last_bit_beside_others(int neighbours) {
        for (int length : new int[] {2, 40, 300}) {
            Told told = new Told();
            try (var batch = new ContinuousBatch(model, run, WIDE, Mixing.NONE)) {
                for (int i = 0; i < neighbours; i++) {
                    batch.add(writing(prompt(i, 1 + 13 * i % 120), rule(5 + i), new Told(), i));
                    if (i % 4 == 1) batch.step();
                }
                batch.add(writing(prompt(50, length), rule(20), told, 9));
                finish(batch);
            }
            assertThat(told.texts.getFirst()).isEqualTo(alone(prompt(50, length), 20, 9));
        }
    }

    @Test
    void texts_that_share_a_prompt_are_the_same_as_apart() {
        Told told = new Told();
        try (var batch = new ContinuousBatch(model, run, WIDE, Mixing.NONE)) {
            batch.add(writing(prompt(1, 150), rule(30), told, 1, 2, 3));
            finish(batch);
        }
        for (int i = 0; i < 3; i++) assertThat(told.texts.get(i)).isEqualTo(alone(prompt(1, 150), 30, 1 + i));
        assertThat(told.texts.get(0)).isNotEqualTo(told.texts.get(1));
    }

    @Test
    void a_prompt_that_begins_like_an_earlier_one_is_read_from_where_they_differ() {
        int[] first = prompt(1, 900);
        int[] second = Arrays.copyOf(first, 880);
        second[700] = (second[700] + 1) % 32;
        try (var batch = new ContinuousBatch(model, run, new Room(3000, 4, 1), Mixing.NONE)) {
            batch.add(writing(first, rule(2), new Told(), 1));
            int whole = finish(batch);
            Told told = new Told();
            batch.add(writing(second, rule(10), told, 1));
            batch.step();
            batch.step();
            assertThat(told.texts.getFirst())
                    .as("of %d steps for all of it", whole)
                    .isNotEmpty();
            finish(batch);
            assertThat(told.texts.getFirst()).isEqualTo(alone(second, 10, 1));
        }
    }

    @Test
    void rows_of_earlier_prompts_make_room_for_new_ones() {
        try (var batch = new ContinuousBatch(model, run, new Room(1000, 4, 300), Mixing.NONE)) {
            for (int i = 0; i < 5; i++) {
                Told told = new Told();
                batch.add(writing(prompt(i, 600), rule(3), told, i));
                finish(batch);
                assertThat(told.texts.getFirst()).isEqualTo(alone(prompt(i, 600), 3, i));
                assertThat(batch.load().pages()).isZero();
            }
        }
    }

    /// Two texts of 640 tokens do not fit: the later one is put off in the middle, and goes on when the first has
    /// ended.
    @Test
    void a_text_that_is_put_off_for_want_of_room_goes_on_with_the_same_bits() {
        Told first = new Told();
        Told second = new Told();
        try (var batch = new ContinuousBatch(model, run, new Room(900, 4, 300), Mixing.NONE)) {
            batch.add(writing(prompt(1, 40), rule(600), first, 1));
            batch.add(writing(prompt(2, 40), rule(600), second, 2));
            int most = 0;
            int waited = 0;
            while (batch.step()) {
                most = Math.max(most, batch.load().writing());
                if (batch.load().waiting() > 0 && !second.texts.isEmpty()) waited++;
            }
            assertThat(most).isEqualTo(2);
            assertThat(waited).isPositive();
        }
        assertThat(first.texts.getFirst()).isEqualTo(alone(prompt(1, 40), 600, 1));
        assertThat(second.texts.getFirst()).isEqualTo(alone(prompt(2, 40), 600, 2));
    }

    @Test
    void the_last_of_several_texts_that_outgrows_the_room_alone_moves_on() {
        Told told = new Told();
        try (var batch = new ContinuousBatch(model, run, new Room(700, 1, 300), Mixing.NONE)) {
            batch.add(writing(prompt(1, 40), rule(600), told, 1));
            finish(batch);
        }
        assertThat(told.texts.getFirst()).isEqualTo(alone(prompt(1, 40), 600, 1));
    }

    @Test
    void log_probabilities_are_those_of_a_whole_pass() {
        int[] prompt = prompt(3, 130);
        Told told = new Told();
        WritingRule rule =
                new WritingRule(SamplingParams.GREEDY, LogitChanges.NONE, 1, _ -> false, new Reports(true, 2, true));
        try (var batch = new ContinuousBatch(model, run, WIDE, Mixing.NONE)) {
            batch.add(writing(prompt, rule, told, 1));
            finish(batch);
        }
        float[] logits;
        try (Kernels k = run.openStep()) {
            logits = k.download(Policy.of(model)
                    .logits(Tape.noGrad(k), TokenBatch.of(List.of(prompt)))
                    .value());
        }
        int v = model.vocabSize();
        assertThat(told.prompt).hasSize(prompt.length);
        assertThat(told.prompt.getFirst().logProb()).isNaN();
        List<DrawnToken> all = new ArrayList<>(told.prompt);
        all.addAll(told.texts.getFirst());
        for (int i = 0; i < prompt.length; i++) {
            double[] z = new double[v];
            for (int t = 0; t < v; t++) z[t] = logits[i * v + t];
            double norm = Math.log(Arrays.stream(z).map(Math::exp).sum());
            DrawnToken got = all.get(i + 1);
            if (i + 1 < prompt.length) assertThat(got.id()).isEqualTo(prompt[i + 1]);
            assertThat((double) got.logProb()).isCloseTo(z[got.id()] - norm, within(1e-5));
            double largest = Arrays.stream(z).max().orElseThrow();
            assertThat((double) got.likeliest().getFirst().logProb()).isCloseTo(largest - norm, within(1e-5));
            assertThat(got.likeliest()).hasSize(2);
        }
    }

    @Test
    void a_cancelled_writing_ends_within_a_step_and_gives_its_rows_back() {
        Told told = new Told();
        Told other = new Told();
        try (var batch = new ContinuousBatch(model, run, WIDE, Mixing.NONE)) {
            Writing w = writing(prompt(1, 20), rule(100), told, 1, 2);
            batch.add(w);
            batch.add(writing(prompt(2, 20), rule(10), other, 3));
            batch.step();
            w.cancel();
            batch.step();
            assertThat(told.endings)
                    .extracting(Ending::why)
                    .containsOnly(Ending.Why.CANCELLED)
                    .hasSize(2);
            finish(batch);
            assertThat(batch.load()).isEqualTo(new ContinuousBatch.Load(0, 0, 0, 0, 84));
        }
        assertThat(other.texts.getFirst()).isEqualTo(alone(prompt(2, 20), 10, 3));
    }

    /// A prompt that repeats itself, so that some guesses are right, and drafts that are wrong now and then.
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.6})
    void a_draft_changes_no_token_and_saves_passes(double temperature) {
        int[] prompt = IntStream.range(0, 60).map(i -> i % 6).toArray();
        var params = new SamplingParams(temperature, 0, 1);
        Draft wrong = (tokens, most) -> new int[] {tokens[tokens.length - 1], 1, 2};
        List<List<DrawnToken>> texts = new ArrayList<>();
        List<Integer> steps = new ArrayList<>();
        for (Draft draft : List.of(Draft.NONE, Draft.lookup(4, 3), wrong)) {
            Told told = new Told();
            var rule = new WritingRule(params, LogitChanges.NONE, 120, _ -> false, new Reports(true, 0, false), draft);
            try (var batch = new ContinuousBatch(model, run, WIDE, Mixing.NONE)) {
                batch.add(writing(prompt, rule, told, 1, 2));
                steps.add(finish(batch));
                assertThat(batch.drafts().right() > 0).isEqualTo(steps.getLast() < steps.getFirst());
                assertThat(batch.drafts().right())
                        .isLessThanOrEqualTo(batch.drafts().guessed());
            }
            texts.addAll(told.texts);
        }
        for (int i = 2; i < 6; i++)
            assertThat(texts.get(i)).isEqualTo(texts.get(i % 2)).hasSize(120);
        if (temperature == 0) assertThat(steps.get(1)).isLessThan(steps.get(0));
    }

    /// The model drafts for itself: all its guesses are right, and a text of n tokens takes about n/5 steps.
    @Test
    void a_draft_model_guesses_its_likeliest_tokens() {
        int[] prompt = prompt(4, 70);
        List<List<DrawnToken>> texts = new ArrayList<>();
        List<Integer> steps = new ArrayList<>();
        try (Kernels own = CpuKernels.open()) {
            for (Draft draft : List.of(Draft.NONE, new DraftModel(TinyLlama.of(own, 2048), own, 4, 2048))) {
                Told told = new Told();
                var rule = new WritingRule(
                        SamplingParams.GREEDY, LogitChanges.NONE, 60, _ -> false, new Reports(true, 0, false), draft);
                try (var batch = new ContinuousBatch(model, run, WIDE, Mixing.NONE)) {
                    batch.add(writing(prompt, rule, told, 1));
                    batch.add(writing(prompt(9, 30), rule, new Told(), 1));
                    steps.add(finish(batch));
                }
                texts.add(told.texts.getFirst());
            }
        }
        assertThat(texts.get(1)).isEqualTo(texts.get(0)).hasSize(60);
        assertThat(steps.get(1)).isLessThan(20);
    }

    @Test
    void a_lookup_gives_what_followed_the_longest_end_that_was_there() {
        int[] tokens = {7, 1, 2, 3, 9, 2, 3, 5, 6, 1, 2, 3};
        assertThat(Draft.lookup(3, 3).next(tokens, 10)).containsExactly(9, 2, 3);
        assertThat(Draft.lookup(3, 2).next(tokens, 2)).containsExactly(5, 6);
        assertThat(Draft.lookup(3, 2).next(new int[] {1, 2, 3}, 2)).isEmpty();
        assertThatThrownBy(() -> Draft.lookup(0, 2)).hasMessageContaining("prompt lookup: 0 tokens");
    }

    @Test
    void says_why_a_text_is_over() {
        Told stopped = new Told();
        stopped.most = 3;
        Told cut = new Told();
        Told ended = new Told();
        try (var batch = new ContinuousBatch(model, run, WIDE, Mixing.NONE)) {
            batch.add(writing(prompt(1, 20), rule(100), stopped, 1));
            batch.add(writing(prompt(1, 20), rule(7), cut, 1));
            batch.add(writing(prompt(1, 20), WritingRule.of(DRAWN, 100, _ -> true), ended, 1));
            finish(batch);
        }
        assertThat(stopped.endings).containsExactly(new Ending(Ending.Why.STOPPED, -1));
        assertThat(cut.endings).containsExactly(new Ending(Ending.Why.LENGTH, -1));
        assertThat(ended.endings.getFirst().why()).isEqualTo(Ending.Why.END);
        assertThat(ended.endings.getFirst().token())
                .isEqualTo(cut.texts.getFirst().getFirst().id());
        assertThat(ended.texts).isEmpty();
    }

    @Test
    void refuses_what_never_has_room() {
        try (var batch = new ContinuousBatch(model, run, new Room(100, 2, 300), Mixing.NONE)) {
            assertThatThrownBy(() -> batch.add(writing(prompt(1, 90), rule(11), new Told(), 1)))
                    .hasMessage("generate: 1 texts of 101 tokens, expected at most 2 texts and 100 tokens together");
            assertThatThrownBy(() -> batch.add(writing(prompt(1, 2048), rule(1), new Told(), 1)))
                    .hasMessage("generate: the prompt has 2048 tokens, expected fewer than 2048");
        }
    }
}
