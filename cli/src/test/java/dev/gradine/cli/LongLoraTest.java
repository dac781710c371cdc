package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `sft --longlora-group`: attention within groups while it trains, to all tokens when it is evaluated.
class LongLoraTest {

    @TempDir
    private Path temp = Path.of("");

    private TinyRuns runs = new TinyRuns(temp);

    @BeforeEach
    void prepare() {
        runs = TinyRuns.on(temp, 6, 12);
    }

    private Cli sft(String out, Object... more) {
        Object[] still = {"--batch", 3, "--steps", 2, "--lr", 0, "--eval-split", 0.3, "--rank", 2};
        return runs.sft(out, TinyRuns.join(still, more));
    }

    private double first(String out, String metric) {
        return runs.metrics(out).stream()
                .filter(m -> m.containsKey(metric))
                .mapToDouble(m -> Values.number(m, metric))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void training_attends_within_groups_and_evaluation_to_everything() {
        sft("full").ok();
        sft("grouped", "--longlora-group", 4).ok();
        assertThat(first("grouped", "eval_loss")).isEqualTo(first("full", "eval_loss"));
        assertThat(Math.abs(first("grouped", "loss") - first("full", "loss"))).isGreaterThan(1e-4);
        String[] checkpointed = {"--longlora-group", "4", "--gradient-checkpointing"};
        sft("again", (Object[]) checkpointed).ok();
        assertThat(first("again", "loss")).isEqualTo(first("grouped", "loss"), within(0.0));
    }

    @Test
    void embedding_and_norms_are_trained_beside_the_adapter_and_a_line_says_so_where_not() {
        assertThat(sft("alone", "--longlora-group", 4).ok().err())
                .contains("gradine: --longlora-group: the embedding and the norms are not trained, which LongLoRA does:"
                        + " --modules-to-save embed_tokens,norm in a Llama\n");
        Cli whole = sft("whole", "--longlora-group", 4, "--modules-to-save", "embed_tokens,norm");
        assertThat(whole.ok().err()).doesNotContain("--longlora-group: the embedding");
        assertThat(runs.adapter("whole").keySet())
                .contains(
                        "base_model.model.model.embed_tokens.weight",
                        "base_model.model.model.norm.weight",
                        "base_model.model.model.layers.0.input_layernorm.weight",
                        "base_model.model.model.layers.0.post_attention_layernorm.weight");
    }

    @Test
    void a_group_that_cannot_act_is_refused() {
        Cli longer = sft("run", "--longlora-group", 12);
        assertThat(longer.code()).isEqualTo(2);
        assertThat(longer.err())
                .endsWith("gradine: --longlora-group: 12, expected fewer than the 12 tokens of the longest example\n");
        sft("odd", "--longlora-group", 5).refuses("longlora-group: 5, expected an even number of at least 2");
    }
}
