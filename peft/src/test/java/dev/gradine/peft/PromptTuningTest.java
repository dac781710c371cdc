package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weight;
import dev.gradine.settings.Settings;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Virtual tokens: what they compute, how they begin, what is refused.
class PromptTuningTest {

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet fresh(Map<String, Object> options, Function<String, int[]> tokenizer) {
        Method method = Settings.of(PromptTuning.defaults()).read(options);
        Start start = new Start(run, new SplittableRandom(3), 0, tokenizer);
        return AdapterSet.fresh(model, method, Selection.of(method.usualTargets()), start);
    }

    private AdapterSet text(int n, String text) {
        Map<String, Object> options = Map.of("virtual-tokens", n, "prompt-init", "text", "prompt-text", text);
        return fresh(options, t -> t.equals("three of them") ? new int[] {7, 0, 20} : new int[0]);
    }

    /// Rows of the embedding table, joined.
    private float[] rows(int... tokens) {
        Weight table = model.embeddings().getFirst().weight();
        float[] all = run.download(table.param().value());
        float[] rows = new float[tokens.length * 24];
        for (int i = 0; i < tokens.length; i++) System.arraycopy(all, tokens[i] * 24, rows, i * 24, 24);
        return rows;
    }

    private float[] values(AdapterSet set) {
        return run.download(set.params().getFirst().value());
    }

    /// Virtual tokens that are the embeddings of tokens compute what those tokens would.
    @Test
    void a_prompt_of_embedded_tokens_computes_what_the_tokens_do() {
        AdapterSet set = text(3, "three of them");
        float[] got = TinyModel.logits(new Policy(model, set), run);
        int[] all = new int[3 + TinyModel.TOKENS.length];
        System.arraycopy(new int[] {7, 0, 20}, 0, all, 0, 3);
        System.arraycopy(TinyModel.TOKENS, 0, all, 3, TinyModel.TOKENS.length);
        float[] longer = TinyModel.logits(Policy.of(model), run, List.of(all));
        double[] expected = Cases.doubles(Arrays.copyOfRange(longer, 3 * 37, longer.length));
        Tolerance.logits().times(10).check("logits", got, expected); // of magnitude 10
    }

    @Test
    void a_text_is_repeated_or_cut() {
        assertThat(values(text(5, "three of them"))).isEqualTo(rows(7, 0, 20, 7, 0));
        assertThat(values(text(2, "three of them"))).isEqualTo(rows(7, 0));
    }

    @Test
    void tokens_may_be_drawn_from_the_vocabulary() {
        int[] drawn = new SplittableRandom(3).ints(4, 0, 37).toArray();
        AdapterSet set = fresh(Map.of("virtual-tokens", 4, "prompt-init", "sample_vocab"), Start.NO_TOKENIZER);
        assertThat(values(set)).isEqualTo(rows(drawn));
    }

    /// Mean and variance of 480 normal values, within five standard deviations.
    @Test
    void by_default_twenty_are_normally_distributed() {
        Param p = fresh(Map.of(), Start.NO_TOKENIZER).params().getFirst();
        assertThat(p.value().shape()).isEqualTo(Shape.of(20, 24));
        double sum = 0;
        for (float v : run.download(p.value())) sum += v;
        assertThat(Math.abs(sum / 480)).isLessThan(5 / Math.sqrt(480));
        assertThat(run.reduce().sumOfSquares(p.value()) / 480)
                .isBetween(1 - 5 * Math.sqrt(2 / 480.0), 1 + 5 * Math.sqrt(2 / 480.0));
    }

    @Test
    void peft_has_one_tensor_without_a_path() {
        assertThat(fresh(Map.of(), Start.NO_TOKENIZER).trained()).containsOnlyKeys("prompt_embeddings");
    }

    @Test
    void what_makes_no_prompt_is_refused() {
        refused("prompt-tuning: virtual-tokens is 0, expected >= 1", Map.of("virtual-tokens", 0));
        refused(
                "prompt-tuning: prompt-text is \"\", expected a text to begin as (prompt-init is text)",
                Map.of("prompt-init", "text"));
        refused(
                "prompt-tuning: prompt-text is \"a\", expected none (prompt-init is random)",
                Map.of("prompt-text", "a"));
        assertThatThrownBy(() -> text(2, "nothing"))
                .isInstanceOf(AdapterException.class)
                .hasMessage("prompt-tuning: prompt-text \"nothing\" has no tokens, expected at least one");
    }

    private static void refused(String message, Map<String, Object> options) {
        assertThatThrownBy(() -> Settings.of(PromptTuning.defaults()).read(options))
                .isInstanceOf(AdapterException.class)
                .hasMessage(message);
    }

    @Test
    void the_references_adapter_of_this_method_is_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("prompt-tuning");
    }
}
