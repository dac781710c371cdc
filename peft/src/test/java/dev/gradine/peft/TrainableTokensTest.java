package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Rows of tokens as a method of its own and inside LoRA, with tied heads and without.
class TrainableTokensTest {

    private static final String TABLE = "base_model.model.model.embed_tokens";
    private static final String HEAD = "base_model.model.lm_head";
    private static final List<Integer> TOKENS = List.of(30, 5);

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet tokens(CausalLm model) {
        Method method = new TrainableTokens(TOKENS, true);
        return moved(model, method, Selection.of(method.usualTargets()));
    }

    private AdapterSet lora(CausalLm model, String tokens) {
        return moved(model, Lora.of(2, 4), Selection.of("q_proj").training(TokenIndices.parse(tokens)));
    }

    private AdapterSet moved(CausalLm model, Method method, Selection where) {
        AdapterSet set = AdapterSet.fresh(model, method, where, run, new SplittableRandom(1));
        TinyModel.perturb(set, run);
        return set;
    }

    private float[] logits(CausalLm model, Adapters adapters, int... ids) {
        return TinyModel.logits(new Policy(model, adapters), run, List.of(ids));
    }

    private float[] merged(AdapterSet set, Weight w) {
        try (Kernels k = run.openStep()) {
            return k.download(Merge.merged(set, w, k));
        }
    }

    private static float[] row(float[] table, int row, int width) {
        return Arrays.copyOfRange(table, row * width, (row + 1) * width);
    }

    @Test
    void texts_without_the_tokens_are_read_as_before() {
        CausalLm model = TinyModel.of(run, false);
        AdapterSet set = tokens(model);
        assertThat(logits(model, set, 3, 9, 0)).isEqualTo(logits(model, Adapters.NONE, 3, 9, 0));
        assertThat(logits(model, set, 3, 30, 0)).isNotEqualTo(logits(model, Adapters.NONE, 3, 30, 0));
    }

    @Test
    void merging_writes_their_rows_and_no_other() {
        CausalLm model = TinyModel.of(run, false);
        AdapterSet set = tokens(model);
        Weight table = model.embeddings().getFirst().weight();
        float[] base = run.download(table.param().value());
        float[] values = run.download(set.params().getFirst().value());
        float[] merged = merged(set, table);
        for (int token = 0; token < 37; token++) {
            int at = TOKENS.indexOf(token);
            assertThat(row(merged, token, 24)).isEqualTo(at < 0 ? row(base, token, 24) : row(values, at, 24));
        }
        assertThat(Merge.changes(set, model.head().linear().weight())).isFalse();
    }

    @Test
    void a_tied_head_follows() {
        CausalLm model = TinyModel.of(run, true);
        Weight table = model.embeddings().getFirst().weight();
        Weight head = model.head().linear().weight();
        for (AdapterSet set : List.of(tokens(model), lora(model, "30,5"), lora(model, "embed_tokens:5;lm_head:5"))) {
            assertThat(merged(set, head)).isEqualTo(merged(set, table));
            assertThat(Merge.alike(set, List.of(table, head))).isTrue();
            assertThat(set.touches(model.head().linear())).isTrue(); // no single weight gives its logits
            double[] expected = Cases.doubles(logits(model, set.merged(run), TinyModel.TOKENS));
            Tolerance.logits().check("logits", logits(model, set, TinyModel.TOKENS), expected);
        }
    }

    @Test
    void other_tokens_at_the_head_untie_it() {
        CausalLm model = TinyModel.of(run, true);
        AdapterSet set = lora(model, "embed_tokens:30,5;lm_head:2");
        assertThat(set.trained())
                .containsKeys(TABLE + ".token_adapter.trainable_tokens_delta")
                .containsKey(HEAD + ".token_adapter.trainable_tokens_delta");
        Weight table = model.embeddings().getFirst().weight();
        Weight head = model.head().linear().weight();
        assertThat(Merge.alike(set, List.of(table, head))).isFalse();
        double[] expected = Cases.doubles(logits(model, set.merged(run), TinyModel.TOKENS));
        Tolerance.logits().check("logits", logits(model, set, TinyModel.TOKENS), expected);
    }

    @Test
    void files_have_them_under_peft_s_names(@TempDir Path folder) {
        CausalLm model = TinyModel.of(run, true);
        AdapterFolder.save(tokens(model), folder, "", run);
        assertThat(names(folder))
                .containsExactlyInAnyOrder(TABLE + ".trainable_tokens_delta", HEAD + ".trainable_tokens_delta");
        assertThat(Json.readObject(folder.resolve("adapter_config.json")))
                .containsEntry("token_indices", List.of(30, 5));
        for (String text : List.of("30,5", "embed_tokens:30,5;lm_head:2")) {
            AdapterSet set = lora(model, text);
            AdapterFolder.save(set, folder, "", run);
            AdapterSet loaded = AdapterFolder.load(folder, model, run);
            assertThat(loaded.selection().tokens()).isEqualTo(TokenIndices.parse(text));
            assertThat(logits(model, loaded, TinyModel.TOKENS)).isEqualTo(logits(model, set, TinyModel.TOKENS));
        }
        assertThat(Json.readObject(folder.resolve("adapter_config.json")).get("trainable_token_indices"))
                .isEqualTo(Map.of("embed_tokens", List.of(30, 5), "lm_head", List.of(2)));
    }

    private static Set<String> names(Path folder) {
        try (Arena arena = Arena.ofConfined()) {
            return Set.copyOf(Safetensors.open(folder.resolve("adapter_model.safetensors"), arena)
                    .names());
        }
    }

    @Test
    void drawn_rows_are_no_beginning_that_keeps_the_model() {
        CausalLm model = TinyModel.of(run, false);
        Method method = new TrainableTokens(TOKENS, false);
        Selection where = Selection.of(method.usualTargets());
        AdapterSet set = AdapterSet.fresh(model, method, where, run, new SplittableRandom(1));
        assertThat(logits(model, set, 30)).isNotEqualTo(logits(model, Adapters.NONE, 30));
    }

    @Test
    void what_names_no_row_is_refused() {
        CausalLm model = TinyModel.of(run, false);
        refused(() -> lora(model, "37"), "token_indices: token 37 at model.embed_tokens, expected 0 to 36");
        refused(() -> lora(model, "5,5"), "token_indices: token 5 is there twice, expected once");
        refused(
                () -> moved(model, TrainableTokens.defaults(), Selection.of("embed_tokens")),
                "token_indices: an empty list, expected at least one token");
        refused(
                () -> lora(model, "q_proj:5"),
                "trainable_token_indices: model.layers.0.self_attn.q_proj is trained otherwise, too;"
                        + " expected one of the two");
        refused(
                () -> TokenIndices.parse("five"),
                "trainable_token_indices: five, expected tokens such as 5,9 or MODULE:5,9;MODULE:7");
        refused(
                () -> TokenIndices.parse("5;lm_head:3"),
                "trainable_token_indices: 5;lm_head:3, expected tokens such as 5,9 or MODULE:5,9;MODULE:7");
    }

    private static void refused(Runnable what, String message) {
        assertThatThrownBy(what::run).isInstanceOf(AdapterException.class).hasMessage(message);
    }

    @Test
    void text_is_what_was_read() {
        for (String text : List.of("", "5,9", "embed_tokens:5,9;lm_head:7")) {
            assertThat(TokenIndices.parse(text).toString()).isEqualTo(text);
        }
    }
}
