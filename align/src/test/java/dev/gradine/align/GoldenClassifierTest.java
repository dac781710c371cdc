package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.Adapters;
import dev.gradine.peft.AdapterSet;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Classifiers against what transformers computes with them, and PEFT with an adapter on them.
class GoldenClassifierTest {

    static List<String> models() {
        return List.of("llama-score", "bert", "modernbert", "roberta", "xlm-roberta", "distilbert");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "modernbert", "roberta", "xlm-roberta", "distilbert"})
    void hidden_states_are_the_references(String name) {
        try (GoldenClassifier g = new GoldenClassifier(name)) {
            Teeth.bite(g.hidden(), h -> Tolerance.logits().check(name, h, g.attended("last_hidden")));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void a_text_of_a_batch_is_the_text_alone(String name) {
        try (GoldenClassifier g = new GoldenClassifier(name)) {
            double[] alone = Cases.doubles(g.alone());
            Teeth.bite(g.logits(Adapters.NONE), z -> Tolerance.logits().check(name, z, alone));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void logits_and_loss_are_the_references(String name) {
        try (GoldenClassifier g = new GoldenClassifier(name)) {
            double[] golden = g.expected("logits");
            Teeth.bite(g.logits(Adapters.NONE), z -> Tolerance.logits().check(name, z, golden));
            Tolerance.loss().check(name, g.backward(Adapters.NONE, false), g.expected("loss")[0]);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void with_an_adapter_they_are_the_references(String name) {
        try (GoldenClassifier g = new GoldenClassifier(name)) {
            AdapterSet adapter = g.adapter();
            double[] golden = g.expected("lora_logits");
            Teeth.bite(g.logits(adapter), z -> Tolerance.logits().check(name, z, golden));
            Tolerance.loss().check(name, g.backward(adapter, false), g.expected("lora_loss")[0]);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void gradients_of_adapter_and_head_are_the_references(String name) {
        try (GoldenClassifier g = new GoldenClassifier(name)) {
            AdapterSet adapter = g.adapter();
            g.backward(adapter, false);
            assertThat(adapter.trained()).isNotEmpty();
            adapter.trained().forEach((path, p) -> {
                double[] golden = g.expected(golden(g, path));
                double largest = Arrays.stream(golden).map(Math::abs).max().orElse(0);
                Teeth.bite(
                        g.run.download(p.grad()),
                        d -> Tolerance.gradient(largest).check(path, d, golden));
            });
        }
    }

    /// Name of a gradient: that of the file, with a copy's module, or one around it, within `modules_to_save`.
    private static String golden(GoldenClassifier g, String path) {
        String plain = "grad." + path;
        String name = plain;
        for (int dot = plain.lastIndexOf('.'); !g.has(name) && dot > 0; dot = plain.lastIndexOf('.', dot - 1)) {
            name = plain.substring(0, dot) + ".modules_to_save" + plain.substring(dot);
        }
        return name;
    }

    @ParameterizedTest
    @MethodSource("models")
    void a_checkpointed_pass_gives_the_same_bits(String name) {
        try (GoldenClassifier g = new GoldenClassifier(name)) {
            AdapterSet plain = g.adapter();
            AdapterSet again = g.adapter();
            assertThat(g.backward(again, true)).isEqualTo(g.backward(plain, false));
            plain.trained().forEach((path, p) -> {
                var q = again.trained().get(path);
                assertThat(q).isNotNull();
                if (q != null) assertThat(g.run.download(q.grad())).isEqualTo(g.run.download(p.grad()));
            });
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void the_files_say_that_it_is_one(String name) {
        try (GoldenClassifier g = new GoldenClassifier(name)) {
            assertThat(g.open().isClassifier()).isTrue();
            assertThat(g.open().unused()).isEmpty();
            assertThat(g.open().notesOfLabels()).isEmpty();
            assertThat(g.model.labels().names()).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
            assertThat(g.model.task()).isEqualTo("SEQ_CLS");
        }
    }
}
