package dev.gradine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.token.MoreTokens;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.TinyText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A model with more tokens: rows that were there stay, new ones are the mean, ids follow the tokenizer's.
class GrownModelTest {
    private static final int ROWS = TinyText.TOKENS + 4; // four beyond the tokenizer
    private static final List<String> MARKS = List.of("<t0>", "<t1>", "<t2>", "<t3>", "<t4>");

    @TempDir
    private Path temp = Path.of("");

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private OpenModel tiny(String family) {
        return Models.open(TinyModels.write(temp.resolve("model"), TinyModels.config(family)), run);
    }

    private static float[] rows(OpenModel m, String name) {
        return m.checkpoint().tensor(name).toFloats();
    }

    @ParameterizedTest
    @CsvSource({"llama, model.embed_tokens.weight", "llama, lm_head.weight", "gemma2, model.embed_tokens.weight"})
    void new_rows_are_the_mean_of_the_old_ones(String family, String name) {
        Path out = temp.resolve("grown");
        try (OpenModel m = tiny(family)) {
            Map<String, Integer> ids = GrownModel.write(m, new MoreTokens(List.of("tool!"), MARKS), out);
            assertThat(ids).containsEntry("tool!", TinyText.TOKENS).containsEntry("<t4>", TinyText.TOKENS + 5);
            try (OpenModel grown = Models.open(out, run)) {
                assertThat(grown.model().vocabSize()).isEqualTo(ROWS + 2);
                float[] before = rows(m, name);
                float[] after = rows(grown, name);
                assertThat(after).startsWith(before).hasSize(before.length / ROWS * (ROWS + 2));
                int width = before.length / ROWS;
                for (int c = 0; c < width; c++) {
                    double mean = 0;
                    for (int r = 0; r < ROWS; r++) mean += before[r * width + c] / (double) ROWS;
                    assertThat(after[ROWS * width + c]).isEqualTo((float) mean);
                    assertThat(after[(ROWS + 1) * width + c]).isEqualTo((float) mean);
                }
            }
        }
    }

    @Test
    void a_table_with_room_keeps_its_rows() {
        Path out = temp.resolve("grown");
        try (OpenModel m = tiny("llama")) {
            GrownModel.write(m, new MoreTokens(List.of(), MARKS.subList(0, 4)), out);
            try (OpenModel grown = Models.open(out, run)) {
                assertThat(grown.model().vocabSize()).isEqualTo(ROWS);
                assertThat(rows(grown, "lm_head.weight")).containsExactly(rows(m, "lm_head.weight"));
            }
        }
    }

    @Test
    void the_tokenizer_finds_the_new_tokens_and_keeps_the_old_ids() {
        Path out = temp.resolve("grown");
        try (OpenModel m = tiny("llama")) {
            GrownModel.write(m, new MoreTokens(List.of("tool!"), List.of("<t0>")), out);
            Tokenizer before = m.codec().tokenizer();
            try (OpenModel grown = Models.open(out, run)) {
                Tokenizer t = grown.codec().tokenizer();
                assertThat(t.encode("tool!<t0>", false)).containsExactly(TinyText.TOKENS, TinyText.TOKENS + 1);
                assertThat(t.decode(new int[] {TinyText.TOKENS, TinyText.TOKENS + 1}, true))
                        .isEqualTo("tool!");
                String text = "<|im_start|>the cat<|im_end|>";
                assertThat(t.encode(text, true)).containsExactly(before.encode(text, true));
                assertThat(t.special()).isEqualTo(before.special());
            }
        }
    }

    private void refuses(OpenModel m, List<String> texts, List<String> marks, String message) {
        assertThatThrownBy(() -> GrownModel.write(m, new MoreTokens(texts, marks), temp.resolve("out")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void what_cannot_be_added_is_refused_in_one_line() throws Exception {
        try (OpenModel m = tiny("llama")) {
            Path json = m.checkpoint().folder().resolve("tokenizer.json");
            refuses(
                    m,
                    List.of(),
                    List.of("<|pad|>"),
                    json + ": token '<|pad|>' is there already with id " + (TinyText.TOKENS - 1)
                            + ", expected a new one");
            refuses(m, List.of(), List.of(), "add-tokens: no token, expected --tokens or --special-tokens");
            refuses(m, List.of(""), List.of(), "add-tokens: a token is empty, expected a text");
            refuses(m, List.of("x"), List.of("x"), "add-tokens: token 'x' is given twice");
            Files.delete(json);
            refuses(
                    m,
                    List.of("xx"),
                    List.of(),
                    m.checkpoint().folder() + ": has no tokenizer.json, expected one to add tokens to");
            assertThat(temp.resolve("out")).doesNotExist();
        }
    }
}
