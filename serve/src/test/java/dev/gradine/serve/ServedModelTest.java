package dev.gradine.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.ContinuousBatch.Load;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.Draft;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.nn.generate.Ending;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.Writing;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The golden base model of TRL's runs, with adapters that those runs ended with.
class ServedModelTest {

    private static final Path BASE = Golden.golden("trl/base");
    private static final List<String> RUNS = List.of("dpo", "cpo", "bco", "alphapo");
    private static final WritingRule RULE = WritingRule.of(SamplingParams.GREEDY, 8, _ -> false);
    private static final int QUEUE = 100;

    private final Kernels run = CpuKernels.open();
    private final OpenModel open = Models.open(BASE, run);
    private final ServedModel served = served();

    private ServedModel served() {
        return served(AdapterLimits.NONE, open, run);
    }

    private static ServedModel served(AdapterLimits adapters, OpenModel open, Kernels run) {
        return served(adapters, open, run, new ServedModel.Guesses(Draft.NONE, 0));
    }

    private static ServedModel served(
            AdapterLimits adapters, OpenModel open, Kernels run, ServedModel.Guesses guesses) {
        var limits = new ServedModel.Limits(QUEUE, new Room(4000, 16, 300), adapters);
        var texts = new ServedModel.Texts(open.codec(), true, _ -> false, 200);
        var base = new ServedModel.Base(open.model(), "base", BASE, texts, guesses);
        return new ServedModel(base, run, CpuKernels::open, limits, _ -> {});
    }

    @AfterEach
    void close() {
        served.close();
        open.close();
        run.close();
    }

    private static Path adapter(String run) {
        return Golden.golden("trl/" + run + "/end");
    }

    private static int[] prompt(int number) {
        return IntStream.range(0, 3 + number % 40)
                .map(i -> (7 * number + 3 * i) % 200)
                .toArray();
    }

    /// A text as it comes.
    private static final class Text implements Writing.Listener {
        final List<Integer> tokens = new ArrayList<>();
        final CompletableFuture<List<Integer>> whole = new CompletableFuture<>();

        @Override
        public boolean token(int draw, DrawnToken token) {
            tokens.add(token.id());
            return true;
        }

        @Override
        public void end(int draw, Ending ending) {
            whole.complete(List.copyOf(tokens));
        }

        @Override
        public void failed(RuntimeException why) {
            whole.completeExceptionally(why);
        }
    }

    private static Writing writing(int number, Acting acting, Writing.Listener listener) {
        return new Writing(prompt(number), acting.adapters(), RULE, List.of(new SplittableRandom(1)), listener);
    }

    private Acting acting(String name) {
        return Objects.requireNonNull(served.acting(name), name);
    }

    private Text ask(int number, Acting acting) {
        Text text = new Text();
        while (true) {
            try {
                served.submit(writing(number, acting, text));
                return text;
            } catch (QueueFullException full) {
                Thread.onSpinWait();
            }
        }
    }

    /// What prompts give by themselves.
    private static List<List<Integer>> alone(Path adapter, int prompts) {
        try (Kernels own = CpuKernels.open();
                OpenModel other = Models.open(BASE, own)) {
            Adapters adapters = adapter.equals(BASE)
                    ? Adapters.NONE
                    : AdapterFolder.load(adapter, other.model(), own).settled(own);
            List<Asked> asked = IntStream.range(0, prompts)
                    .mapToObj(i -> Asked.of(prompt(i), List.of(new SplittableRandom(1))))
                    .toList();
            return new Generations(new Policy(other.model(), adapters), own)
                    .run(asked, RULE).stream()
                            .map(w ->
                                    IntStream.of(w.getFirst().tokens()).boxed().toList())
                            .toList();
        }
    }

    @Test
    void texts_of_the_base_and_of_adapters_are_those_of_each_alone() {
        Map<String, List<List<Integer>>> want = new HashMap<>(Map.of("base", alone(BASE, 30)));
        for (String name : RUNS) {
            served.load(name, adapter(name), false);
            want.put(name, alone(adapter(name), 30));
        }
        assertThat(served.cards()).extracting(Card::name).containsExactly("base", "dpo", "cpo", "bco", "alphapo");
        Map<Text, List<Integer>> asked = new HashMap<>();
        for (int i = 0; i < 30; i++) {
            for (String name : want.keySet()) {
                asked.put(ask(i, acting(name)), want.get(name).get(i));
            }
        }
        asked.forEach((text, tokens) -> assertThat(text.whole.join()).isEqualTo(tokens));
        assertThat(want.get("dpo")).isNotEqualTo(want.get("cpo"));
    }

    @Test
    void what_is_swapped_under_load_answers_as_it_was_when_it_was_asked() {
        swaps(300, 20);
    }

    @Test
    @Tag("slow")
    void ten_thousand_requests_and_two_hundred_swaps() {
        swaps(10_000, 200);
    }

    private void swaps(int requests, int swaps) {
        List<List<List<Integer>>> want = new ArrayList<>();
        for (String name : RUNS) want.add(alone(adapter(name), 40));
        served.load("a", adapter(RUNS.getFirst()), false);
        Map<Text, List<Integer>> asked = new HashMap<>();
        int current = 0;
        for (int i = 0; i < requests; i++) {
            if (i % (requests / swaps) == 0) {
                current = (current + 1) % RUNS.size();
                served.load("a", adapter(RUNS.get(current)), true);
            }
            asked.put(ask(i % 40, acting("a")), want.get(current).get(i % 40));
        }
        asked.forEach((text, tokens) -> assertThat(text.whole.join()).isEqualTo(tokens));
        served.unload("a");
        assertThat(served.acting("a")).isNull();
    }

    /// Eight tokens of each of six texts; a text may be guessed of before the others are known to be there.
    @Test
    void nothing_is_guessed_while_more_texts_are_written() {
        AtomicInteger asked = new AtomicInteger();
        Draft none = (_, _) -> {
            asked.incrementAndGet();
            return new int[0];
        };
        for (int most : new int[] {6, 5}) {
            asked.set(0);
            try (ServedModel few = served(AdapterLimits.NONE, open, run, new ServedModel.Guesses(none, most))) {
                WritingRule rule = new WritingRule(
                        RULE.sampling(), RULE.changes(), RULE.maxTokens(), RULE.isEnd(), RULE.reports(), few.draft());
                List<SplittableRandom> draws = Collections.nCopies(6, new SplittableRandom(1));
                Text text = new Text();
                few.submit(new Writing(prompt(5), Adapters.NONE, rule, draws, text));
                text.whole.join();
            }
            if (most == 6) assertThat(asked).hasValueGreaterThan(24);
            else assertThat(asked).hasValueLessThan(12);
        }
    }

    @Test
    void a_blend_of_one_adapter_is_the_adapter_and_of_two_differs_from_both() {
        served.load("a", adapter("dpo"), false);
        served.load("b", adapter("cpo"), false);
        assertThat(served.blend(Map.of("a", 1.0, "b", 0.0))).isEqualTo(acting("a"));
        assertThat(served.blend(Map.of())).isEqualTo(acting("base"));
        Acting both = served.blend(Map.of("a", 1.0, "b", 0.5));
        assertThat(served.blend(Map.of("b", 0.5, "a", 1.0))).isSameAs(both);
        assertThat(both.fingerprint())
                .isNotEqualTo(acting("a").fingerprint())
                .startsWith(acting("base").fingerprint());
        assertThat(ask(3, both).whole.join()).hasSize(8);
        assertThatThrownBy(() -> served.blend(Map.of("c", 1.0)))
                .hasMessage("there is no adapter `c`, expected one of [a, b]");
    }

    @Test
    void adapters_chosen_for_the_base_act_in_requests_that_come_later() {
        served.load("a", adapter("dpo"), false);
        served.load("b", adapter("cpo"), false);
        Acting before = acting("base");
        served.scale(Map.of("a", 2.0, "b", 0.5));
        assertThat(acting("base")).isSameAs(served.blend(Map.of("a", 2.0, "b", 0.5)));
        assertThat(served.blend(Map.of())).isEqualTo(before);
        assertThat(before.adapters()).isSameAs(Adapters.NONE);
        assertThatThrownBy(() -> served.scale(Map.of("c", 1.0))).hasMessageContaining("no adapter `c`");
        served.scale(Map.of("b", 1.0, "a", 0.0));
        assertThat(served.scales()).isEqualTo(Map.of("b", 1.0));
        assertThat(ask(3, acting("base")).whole.join())
                .isEqualTo(alone(adapter("cpo"), 4).get(3));
        served.load("b", adapter("bco"), true);
        assertThat(acting("base")).isEqualTo(acting("b"));
        served.unload("b");
        assertThat(acting("base")).isEqualTo(before);
        assertThat(served.scales()).isEmpty();
    }

    @Test
    void refusals_name_what_is_wrong() {
        served.load("a", adapter("dpo"), false);
        assertThatThrownBy(() -> served.load("a", adapter("cpo"), false)).hasMessageContaining("load_inplace");
        assertThatThrownBy(() -> served.load("base", adapter("cpo"), true)).hasMessage("`base` is the base model");
        assertThatThrownBy(() -> served.load("b", BASE, false))
                .isInstanceOf(AdapterRefusedException.class)
                .hasMessageContaining("adapter_config.json");
        assertThatThrownBy(() -> served.unload("b")).hasMessage("there is no adapter `b`, expected one of [a]");
        var draws = List.of(new SplittableRandom(1));
        var tooLong = new Writing(new int[5000], acting("base").adapters(), RULE, draws, new Text());
        assertThatThrownBy(() -> served.submit(tooLong)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_listener_that_fails_harms_no_other() {
        Text good = ask(1, acting("base"));
        CompletableFuture<RuntimeException> told = new CompletableFuture<>();
        served.submit(writing(2, acting("base"), new Writing.Listener() {
            @Override
            public boolean token(int draw, DrawnToken token) {
                throw new IllegalStateException("planted");
            }

            @Override
            public void failed(RuntimeException why) {
                told.complete(why);
            }
        }));
        assertThat(told.join()).hasMessage("planted");
        assertThat(good.whole.join()).hasSize(8);
        assertThat(ask(3, acting("base")).whole.join()).hasSize(8);
    }

    @Test
    void more_than_may_wait_are_refused() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        served.submit(writing(0, acting("base"), (_, _) -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return false;
        }));
        begun.await();
        List<Text> waiting = new ArrayList<>();
        for (int i = 0; i < QUEUE; i++) {
            Text text = new Text();
            waiting.add(text);
            served.submit(writing(i, acting("base"), text));
        }
        assertThat(served.now().waiting()).isEqualTo(QUEUE);
        var more = writing(0, acting("base"), new Text());
        assertThatThrownBy(() -> served.submit(more))
                .isInstanceOf(QueueFullException.class)
                .hasMessageContaining("100 requests wait already");
        go.countDown();
        for (Text text : waiting) assertThat(text.whole.join()).hasSize(8);
        for (int i = 0; served.now().writing() > 0 && i < 1000; i++) Thread.sleep(1);
        assertThat(served.now()).isEqualTo(new Load(0, 0, 0, 0, 42));
    }
}
