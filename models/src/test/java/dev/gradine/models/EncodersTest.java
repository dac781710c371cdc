package dev.gradine.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Labels.Problem;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is refused of encoders; what they compute is compared where losses are.
class EncodersTest {

    @TempDir
    private Path temp = Path.of("");

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    /// A copy of a golden model with another value of a key, without some tensors, and with those that it has not.
    private Path copy(String name, String key, Object value, String... tensors) {
        Path from = Golden.golden("classify/" + name);
        Path to = temp.resolve(name);
        assertThat(to.toFile().mkdirs()).isTrue();
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(from.resolve("config.json")));
        config.put(key, value);
        Json.write(to.resolve("config.json"), config);
        try (Arena arena = Arena.ofShared()) {
            Safetensors stored = Safetensors.open(from.resolve("model.safetensors"), arena);
            Map<String, Tensor> all = new LinkedHashMap<>();
            for (String n : stored.names()) all.put(n, stored.tensor(n));
            for (String t : tensors) if (all.remove(t) == null) all.put(t, Tensor.of(arena, Shape.of(1), 1f));
            Safetensors.write(to.resolve("model.safetensors"), all);
        }
        return to;
    }

    @ParameterizedTest
    @CsvSource({
        "bert, unheard_of",
        "modernbert, unheard_of",
        "distilbert, unheard_of",
        "bert, is_decoder",
        "roberta, is_decoder",
        "bert, add_cross_attention"
    })
    void a_key_that_means_something_else_is_refused(String name, String key) {
        Path folder = copy(name, key, true);
        assertThatThrownBy(() -> Models.open(folder, run))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("config: " + key + " is true, expected ");
    }

    @Test
    void a_head_that_is_not_read_is_refused() {
        Path folder = copy("bert", "architectures", List.of("BertForTokenClassification"));
        assertThatThrownBy(() -> Models.open(folder, run))
                .hasMessageEndingWith("config: architectures is [BertForTokenClassification], expected"
                        + " [BertForSequenceClassification], or one without a head, or with one for words");
    }

    @ParameterizedTest
    @CsvSource({
        "bert, bert.pooler.dense.bias",
        "modernbert, head.norm.weight",
        "modernbert, classifier.bias",
        "roberta, classifier.dense.bias",
        "xlm-roberta, classifier.out_proj.weight",
        "distilbert, pre_classifier.bias"
    })
    void a_tensor_that_is_missing_is_named(String name, String tensor) {
        Path folder = copy(name, "use_cache", true, tensor);
        assertThatThrownBy(() -> Models.open(folder, run))
                .hasMessageEndingWith("no tensor %s, which a %s has by its config".formatted(tensor, name));
    }

    @ParameterizedTest
    @CsvSource({
        "bert, BertForMaskedLM, classifier.weight",
        "modernbert, ModernBertForMaskedLM, classifier.weight",
        "roberta, RobertaForMaskedLM, classifier.dense.weight classifier.out_proj.weight",
        "xlm-roberta, XLMRobertaModel, classifier.dense.weight classifier.out_proj.weight",
        "distilbert, DistilBertForMaskedLM, classifier.weight pre_classifier.weight"
    })
    void a_head_begins_where_a_model_has_one_for_words(String name, String architecture, String gone) {
        Path folder = copy(name, "architectures", List.of(architecture), gone.split(" ", -1));
        try (OpenModel m = Models.open(folder, run)) {
            assertThat(m.hasHead()).isFalse();
            assertThatThrownBy(m::classifier).hasMessageContaining("has no head for labels, expected one");
            Classifier begun = m.classifier(new Labels(List.of("a", "b", "c", "d"), Problem.SINGLE_LABEL));
            assertThat(begun.labels().names()).containsExactly("a", "b", "c", "d");
            List<String> fresh =
                    name.equals("distilbert") ? List.of("classifier", "pre_classifier") : List.of("classifier");
            assertThat(begun.untrained()).isEqualTo(fresh);
            TokenBatch text = TokenBatch.of(List.of(new int[] {1, 2, 3}));
            assertThat(begun.logits(Pass.of(Tape.noGrad(run), text)).shape()).isEqualTo(Shape.of(1, 4));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "modernbert", "roberta", "distilbert"})
    void a_tensor_without_a_place_is_named(String name) {
        try (OpenModel m = Models.open(copy(name, "use_cache", true, "left.over"), run)) {
            assertThat(m.notesOfLabels()).singleElement().asString().endsWith("left out: left.over");
        }
    }

    /// A table of sines is in the file as a learnt one is.
    @Test
    void what_places_are_learnt_from_changes_nothing() {
        TokenBatch text = TokenBatch.of(List.of(new int[] {1, 2, 3}));
        try (OpenModel learnt = Models.open(Golden.golden("classify/distilbert"), run);
                OpenModel sines = Models.open(copy("distilbert", "sinusoidal_pos_embds", true), run)) {
            float[] z = run.download(
                    learnt.classifier().logits(Pass.of(Tape.noGrad(run), text)).value());
            assertThat(run.download(sines.classifier()
                            .logits(Pass.of(Tape.noGrad(run), text))
                            .value()))
                    .isEqualTo(z);
        }
    }

    @Test
    void a_size_of_distilbert_is_named_as_its_file_names_it() {
        assertThatThrownBy(() -> Models.open(copy("distilbert", "dim", 33), run))
                .hasMessageEndingWith("config: dim is 33, expected a multiple of n_heads 4");
    }

    @Test
    void positions_of_roberta_begin_behind_the_id_of_padding() {
        try (OpenModel m = Models.open(Golden.golden("classify/roberta"), run)) {
            assertThat(m.classifier().maxPositions()).isEqualTo(64);
            refuses(
                    m.classifier(),
                    TokenBatch.of(List.of(new int[65])),
                    "roberta: position is 64, expected below 64 (max_position_embeddings)");
            Pass longest = Pass.of(Tape.noGrad(run), TokenBatch.of(List.of(new int[64])));
            assertThat(m.classifier().logits(longest).shape()).isEqualTo(Shape.of(1, 3));
        }
    }

    @Test
    void it_is_no_language_model() {
        Path folder = Golden.golden("classify/bert");
        try (OpenModel m = Models.open(folder, run)) {
            assertThatThrownBy(m::model)
                    .hasMessage(folder + ": a bert gives texts labels and writes none, expected a language model");
        }
    }

    @Test
    void what_is_no_whole_text_is_refused() {
        try (OpenModel m = Models.open(Golden.golden("classify/bert"), run)) {
            Classifier model = m.classifier();
            List<int[]> pieces = List.of(new int[] {1, 2}, new int[] {3});
            refuses(
                    model,
                    TokenBatch.branching(pieces, new int[] {-1, 0}),
                    "bert: a text continues another, expected whole texts (each token sees all of its text)");
            refuses(model, TokenBatch.of(List.of(new int[] {260})), "bert: token id is 260, expected 0 to 259");
            refuses(
                    model,
                    TokenBatch.of(List.of(new int[65])),
                    "bert: position is 64, expected below 64 (max_position_embeddings)");
            refuses(
                    model,
                    TokenBatch.of(List.of(new int[1])).typed(List.of(new int[] {2})),
                    "bert: type of a token is 2, expected 0 to 1 (type_vocab_size)");
            Adapters soft = new Adapters() {
                @Override
                public int virtualTokens() {
                    return 2;
                }
            };
            Pass pass = Pass.of(Tape.noGrad(run), TokenBatch.of(pieces)).with(soft);
            assertThatThrownBy(() -> model.logits(pass))
                    .hasMessage(
                            "bert: the adapters have virtual tokens, expected none (of a model that is no decoder)");
        }
    }

    private void refuses(Classifier model, TokenBatch batch, String message) {
        assertThatThrownBy(() -> model.logits(Pass.of(Tape.noGrad(run), batch))).hasMessage(message);
    }
}
