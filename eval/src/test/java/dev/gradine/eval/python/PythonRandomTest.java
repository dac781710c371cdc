package dev.gradine.eval.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.eval.LmEval;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Numbers are those of CPython, as `golden/lmeval` has them.
class PythonRandomTest {

    private static List<Integer> below(int n) {
        return IntStream.range(0, n).boxed().toList();
    }

    @Test
    void bits_are_those_of_the_twister() {
        PythonRandom random = new PythonRandom(1234);
        for (JsonNode bits : LmEval.golden("random", "getrandbits32")) {
            assertThat(random.bits(32)).isEqualTo(bits.asLong());
        }
    }

    @Test
    void one_generator_draws_for_one_document_after_the_other() {
        PythonRandom random = new PythonRandom(1234);
        for (JsonNode rows : LmEval.golden("random", "gsm8k_fewshot_rows")) {
            assertThat(random.sample(below(7473), 5)).isEqualTo(LmEval.whole(rows));
        }
    }

    @Test
    void small_lists_large_lists_and_large_seeds_are_drawn_from_alike() {
        JsonNode more = LmEval.golden("random", "more");
        PythonRandom seven = new PythonRandom(7);
        assertThat(seven.sample(below(20), 6)).isEqualTo(drawn(more, 0, "sample"));
        assertThat(seven.sample(below(1000), 8)).isEqualTo(drawn(more, 1, "sample_next"));
        assertThat(new PythonRandom(99999999999L).sample(below(50), 3)).isEqualTo(drawn(more, 2, "sample"));
    }

    private static List<Integer> drawn(JsonNode more, int i, String key) {
        return LmEval.whole(more.required(i).required(key));
    }

    @Test
    void random_is_the_number_python_prints() {
        assertThat(new PythonRandom(0).uniform()).isEqualTo(0.8444218515250481); // random.Random(0).random()
    }

    @Test
    void more_than_there_are_is_refused() {
        assertThatThrownBy(() -> new PythonRandom(1).sample(below(2), 3)).hasMessage("random: 3 of 2 are wanted");
    }
}
