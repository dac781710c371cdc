package dev.gradine.nn.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.TinyLlama;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What texts have pages, in common or alone, and which are given up for others.
class PageMemoryTest {

    private static final int UNIT = PageMemory.UNIT;
    private static final Adapters OTHERS = new Adapters() {};

    private final Kernels k = CpuKernels.open();
    private final KvCache cache = TinyLlama.of(k).newCache(k, 6 * UNIT, 4);
    private final PageMemory memory = new PageMemory(cache, k);

    @AfterEach
    void close() {
        k.close();
    }

    private static int[] prompt(int length, int... first) {
        int[] prompt = IntStream.range(0, length).map(i -> i % 50).toArray();
        System.arraycopy(first, 0, prompt, 0, first.length);
        return prompt;
    }

    private TextPages open(int[] prompt, Adapters adapters, int wanted) {
        return Objects.requireNonNull(memory.open(prompt, adapters, true, wanted));
    }

    /// A prompt that has been read and noted, whose text is over.
    private List<Integer> known(int[] prompt, Adapters adapters) {
        TextPages text = open(prompt, adapters, PageMemory.pages(prompt.length));
        text.length = prompt.length;
        memory.learn(text, prompt, adapters);
        List<Integer> pages = List.copyOf(text.pages);
        memory.release(text);
        return pages;
    }

    /// Tokens of a prompt that need not be read.
    private int recalled(int[] prompt, Adapters adapters) {
        TextPages text = open(prompt, adapters, PageMemory.pages(prompt.length));
        int length = text.length;
        memory.release(text);
        return length;
    }

    @Test
    void a_text_has_the_pages_of_its_prompt_and_others_are_reserved() {
        TextPages text = open(prompt(100), Adapters.NONE, 4);
        assertThat(text.pages).containsExactly(0, 1);
        assertThat(text.capacity()).isEqualTo(2 * UNIT);
        assertThat(text.row(UNIT + 3)).isEqualTo(UNIT + 3);
        assertThat(memory.used()).isEqualTo(2);
        assertThat(memory.all()).isEqualTo(6);
        assertThat(memory.open(prompt(3), Adapters.NONE, true, 3))
                .as("two are left")
                .isNull();
        TextPages other = open(prompt(3), Adapters.NONE, 2);
        text.length = 2 * UNIT;
        other.length = UNIT;
        assertThat(memory.prepare(other)).isTrue();
        other.length = 2 * UNIT;
        assertThat(memory.prepare(other)).as("the last two are reserved").isFalse();
        assertThat(memory.prepare(text)).isTrue();
        memory.release(text);
        assertThat(memory.prepare(other)).isTrue();
        memory.release(other);
        assertThat(memory.used()).isZero();
    }

    @Test
    void a_prompt_that_begins_like_one_that_was_read_has_its_whole_pages() {
        List<Integer> pages = known(prompt(250), Adapters.NONE);
        assertThat(memory.used()).isZero();
        TextPages text = open(prompt(280), Adapters.NONE, 3);
        assertThat(text.length).isEqualTo(2 * UNIT);
        assertThat(text.pages.subList(0, 2)).isEqualTo(pages.subList(0, 2));
        TextPages beside = open(prompt(200), Adapters.NONE, 3);
        assertThat(beside.pages.subList(0, 2)).isEqualTo(pages.subList(0, 2));
        assertThat(memory.used()).as("two in common, and one each").isEqualTo(4);
        memory.release(text);
        memory.release(beside);
        int[] differs = prompt(250);
        differs[UNIT + 5]++;
        assertThat(recalled(differs, Adapters.NONE)).isEqualTo(UNIT);
        assertThat(recalled(prompt(250, 7), Adapters.NONE)).isZero();
        assertThat(recalled(prompt(250), OTHERS))
                .as("read under other adapters")
                .isZero();
    }

    @Test
    void some_tokens_are_left_to_be_read() {
        known(prompt(2 * UNIT), Adapters.NONE);
        assertThat(recalled(prompt(2 * UNIT + PageMemory.LEFT - 1), Adapters.NONE))
                .isEqualTo(UNIT);
        assertThat(recalled(prompt(2 * UNIT + PageMemory.LEFT), Adapters.NONE)).isEqualTo(2 * UNIT);
    }

    @Test
    void nothing_is_recalled_where_a_prompt_is_to_be_read_whole() {
        known(prompt(250), Adapters.NONE);
        TextPages text = Objects.requireNonNull(memory.open(prompt(250), Adapters.NONE, false, 3));
        assertThat(text.length).isZero();
    }

    @Test
    void pages_of_one_hash_are_told_apart_by_their_tokens() {
        int[] one = prompt(150, 0, 31);
        int[] two = prompt(150, 1, 0);
        assertThat(Arrays.hashCode(one)).isEqualTo(Arrays.hashCode(two));
        known(one, Adapters.NONE);
        assertThat(recalled(two, Adapters.NONE)).isZero();
        known(two, Adapters.NONE);
        assertThat(recalled(one, Adapters.NONE)).isEqualTo(UNIT);
        assertThat(recalled(two, Adapters.NONE)).isEqualTo(UNIT);
    }

    @Test
    void texts_that_read_the_same_beside_each_other_have_one_copy_afterwards() {
        int[] prompt = prompt(250);
        TextPages one = open(prompt, Adapters.NONE, 3);
        TextPages two = open(prompt, Adapters.NONE, 3);
        assertThat(memory.used()).isEqualTo(6);
        for (TextPages text : List.of(one, two)) {
            text.length = prompt.length;
            memory.learn(text, prompt, Adapters.NONE);
        }
        assertThat(memory.used()).isEqualTo(4);
        assertThat(two.pages.subList(0, 2)).isEqualTo(one.pages.subList(0, 2));
        assertThat(two.pages.getLast()).isNotEqualTo(one.pages.getLast());
    }

    @Test
    void pages_that_no_text_had_for_longest_are_taken_first() {
        int[] one = prompt(2 * UNIT, 1);
        int[] two = prompt(2 * UNIT, 2);
        int[] three = prompt(2 * UNIT, 3);
        for (int[] prompt : List.of(one, two, three)) known(prompt, Adapters.NONE);
        assertThat(recalled(Arrays.copyOf(one, 3 * UNIT), Adapters.NONE))
                .as("the first again, and the last page of the second was given up for its third")
                .isEqualTo(2 * UNIT);
        assertThat(recalled(Arrays.copyOf(two, UNIT + 50), Adapters.NONE)).isEqualTo(UNIT);
        assertThat(recalled(Arrays.copyOf(three, 2 * UNIT + 50), Adapters.NONE)).isEqualTo(2 * UNIT);
        assertThat(recalled(Arrays.copyOf(two, 2 * UNIT + 50), Adapters.NONE)).isEqualTo(UNIT);
    }

    @Test
    void pages_that_texts_have_are_not_given_up() {
        TextPages text = open(prompt(3 * UNIT, 1), Adapters.NONE, 3);
        text.length = 3 * UNIT;
        memory.learn(text, prompt(3 * UNIT, 1), Adapters.NONE);
        assertThat(memory.open(prompt(4 * UNIT, 2), Adapters.NONE, true, 4)).isNull();
        assertThat(recalled(prompt(3 * UNIT, 3), Adapters.NONE)).isZero();
        assertThat(recalled(prompt(3 * UNIT + 50, 1), Adapters.NONE)).isEqualTo(3 * UNIT);
    }

    @Test
    void what_was_read_under_adapters_is_forgotten_with_them() {
        known(prompt(150, 1), OTHERS);
        known(prompt(150, 2), Adapters.NONE);
        TextPages text = open(prompt(150, 1), OTHERS, 2);
        memory.forget(OTHERS);
        assertThat(recalled(prompt(150, 1), OTHERS)).isZero();
        assertThat(recalled(prompt(150, 2), Adapters.NONE)).isEqualTo(UNIT);
        memory.release(text);
        assertThat(memory.used()).isZero();
        TextPages all = open(prompt(6 * UNIT), Adapters.NONE, 6);
        assertThat(all.pages).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
    }

    /// The last page of the prompt holds 10 tokens. Two of three texts copy it before they write; the third has it to
    /// itself by then. That the copies hold the same, `ContinuousBatchTest` shows.
    @Test
    void a_page_in_common_is_copied_before_a_text_writes_into_it() {
        int prompt = UNIT + 10;
        TextPages third = open(prompt(prompt), Adapters.NONE, Math.toIntExact(PageMemory.pages(prompt, 3, 1)));
        third.length = prompt;
        TextPages first = memory.fork(third, 1);
        TextPages second = memory.fork(third, 1);
        assertThat(memory.used()).isEqualTo(2);
        for (TextPages text : List.of(first, second, third))
            assertThat(memory.prepare(text)).isTrue();
        assertThat(List.of(first.pages, second.pages, third.pages))
                .containsExactly(List.of(0, 2), List.of(0, 3), List.of(0, 1));
        for (TextPages text : List.of(third, first, second)) memory.release(text);
        assertThat(memory.used()).isZero();
    }
}
