package dev.gradine.nn.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.nn.Decoder;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TinyLlama;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// When generation stops, and what it refuses.
class GenerationTest {

    private static final int[] PROMPT = {3, 30, 0};

    private final Kernels run = CpuKernels.open();
    private final Decoder model = TinyLlama.of(run);

    @AfterEach
    void close() {
        run.close();
    }

    private int[] write(int[] prompt, int most, IntPredicate isEnd, IntPredicate onToken) {
        var request = WritingRule.of(SamplingParams.GREEDY, most, isEnd);
        return new Generations(Policy.of(model), run).one(prompt, request, new SplittableRandom(1), onToken);
    }

    @Test
    void writes_the_tokens_it_tells_of() {
        StringBuilder told = new StringBuilder();
        int[] written = write(
                PROMPT, 5, _ -> false, token -> told.append(token).append(' ').length() > 0);
        assertThat(written).hasSize(5);
        assertThat(Arrays.stream(written).mapToObj(t -> t + " ").reduce("", String::concat))
                .isEqualTo(told.toString());
    }

    @Test
    void stops_before_an_end_token() {
        int[] five = write(PROMPT, 5, _ -> false, _ -> true);
        int end = five[2];
        int first = 0;
        while (five[first] != end) first++;
        assertThat(write(PROMPT, 5, t -> t == end, _ -> true)).isEqualTo(Arrays.copyOf(five, first));
    }

    @Test
    void stops_when_the_listener_says_so() {
        assertThat(write(PROMPT, 5, _ -> false, _ -> false)).hasSize(1);
    }

    @Test
    void stops_at_the_last_position() {
        assertThat(write(new int[62], 5, _ -> false, _ -> true)).hasSize(2);
    }

    @Test
    void gives_its_memory_back() {
        write(PROMPT, 5, _ -> false, _ -> true);
        long before = run.bytesInUse();
        write(PROMPT, 20, _ -> false, _ -> true);
        assertThat(run.bytesInUse()).isEqualTo(before);
    }

    @Test
    void refuses_an_empty_prompt() {
        assertThatThrownBy(() -> write(new int[0], 5, _ -> false, _ -> true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("generate: the prompt has no token");
    }

    @Test
    void refuses_a_prompt_that_leaves_no_room() {
        assertThatThrownBy(() -> write(new int[64], 5, _ -> false, _ -> true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("generate: the prompt has 64 tokens, expected fewer than 64");
    }
}
