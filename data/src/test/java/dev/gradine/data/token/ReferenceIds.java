package dev.gradine.data.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// llama.cpp's 46 test texts, and the ids that a reference gives them.
final class ReferenceIds {

    private ReferenceIds() {}

    /// @param texts as llama.cpp keeps them, with a mark between
    /// @param ids a line for each
    static void assertThatGives(Tokenizer tokenizer, Path texts, Path ids) throws IOException {
        List<String> all = Arrays.asList(Files.readString(texts).split("\n__ggml_vocab_test__\n", -1));
        List<String> expected = Files.readAllLines(ids);
        assertThat(expected).hasSize(46);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(tokenizer.encode(all.get(i), false))
                    .as("text %d: %s", i, all.get(i))
                    .containsExactly(Arrays.stream(expected.get(i).strip().split(" ", -1))
                            .filter(s -> !s.isEmpty())
                            .mapToInt(Integer::parseInt)
                            .toArray());
        }
    }
}
