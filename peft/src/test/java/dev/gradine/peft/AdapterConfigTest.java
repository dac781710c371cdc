package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Which layers are adapted and how, from the fields of `adapter_config.json`.
class AdapterConfigTest {

    private static final String Q0 = "model.layers.0.self_attn.q_proj";
    private static final String Q1 = "model.layers.1.self_attn.q_proj";
    private static final String DOWN = "model.layers.1.mlp.down_proj";

    /// A configuration of rank 8 and alpha 16 on q_proj and down_proj, with fields changed: name, value, name, value.
    private static AdapterConfig config(@Nullable Object... changes) {
        Map<String, Object> json = new HashMap<>();
        json.put("peft_type", "LORA");
        json.put("r", 8);
        json.put("lora_alpha", 16);
        json.put("target_modules", List.of("q_proj", "down_proj", "lm_head"));
        for (int i = 0; i < changes.length; i += 2) json.put((String) changes[i], changes[i + 1]);
        return AdapterConfig.read(json, "adapter_config.json");
    }

    private static Map<String, Object> ordered(Object... pairs) {
        Map<String, Object> m = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) m.put((String) pairs[i], pairs[i + 1]);
        return m;
    }

    /// Rank and scale of the adapter at a path.
    private record Size(int rank, float scale) {}

    private static Size size(AdapterConfig c, String path) {
        return new Size(lora(c).rank(path), lora(c).scale(path));
    }

    private static Lora lora(AdapterConfig c) {
        return (Lora) c.method();
    }

    private static void assertAdapted(AdapterConfig c, String... paths) {
        assertThat(Arrays.stream(new String[] {Q0, Q1, DOWN, "lm_head"}).filter(c.selection()::adapts))
                .containsExactly(paths);
    }

    @Test
    void without_restriction_all_targets_are_adapted() {
        assertAdapted(config(), Q0, Q1, DOWN, "lm_head");
    }

    @Test
    void excluded_modules_are_not() {
        assertAdapted(config("exclude_modules", List.of("layers.0.self_attn.q_proj", "lm_head")), Q1, DOWN);
        assertAdapted(config("exclude_modules", List.of()), Q0, Q1, DOWN, "lm_head");
    }

    @Test
    void excluded_modules_as_one_text_are_a_regular_expression_of_the_whole_path() {
        assertAdapted(config("exclude_modules", ".*\\.down_proj|lm_head"), Q0, Q1);
        assertAdapted(config("exclude_modules", "down_proj"), Q0, Q1, DOWN, "lm_head");
        assertAdapted(config("exclude_modules", ".*layers\\.(?P<n>0)\\..*\\Z"), Q1, DOWN, "lm_head");
        assertRefused(
                "adapter_config.json: exclude_modules: (q is no regular expression of Python:"
                        + " missing ), unterminated subpattern at 0",
                "exclude_modules",
                "(q");
    }

    @Test
    void a_target_given_by_its_whole_path_is_adapted_in_any_layer() {
        assertAdapted(config("layers_to_transform", 0, "target_modules", List.of("q_proj", DOWN)), Q0, DOWN);
    }

    @Test
    void a_layers_pattern_may_be_the_first_part_of_a_path() {
        AdapterConfig d = config("layers_to_transform", 1, "layers_pattern", "h", "target_modules", List.of("c_attn"));
        assertThat(d.selection().adapts("h.1.attn.c_attn")).isTrue();
        assertThat(d.selection().adapts("h.0.attn.c_attn")).isFalse();
    }

    @Test
    void modules_to_save_are_those_whose_path_ends_with_the_text() {
        Selection s = config("modules_to_save", List.of("norm")).selection();
        assertThat(s.saves("model.norm")).isTrue();
        assertThat(s.saves("model.layers.0.input_layernorm")).isTrue();
        assertThat(s.saves("model.layers.0.self_attn.q_norm")).isTrue();
        assertThat(s.saves("model.layers.0.self_attn.q_proj")).isFalse();
    }

    @Test
    void a_module_to_save_takes_in_what_is_in_it() {
        AdapterConfig c = config("modules_to_save", List.of("mlp"));
        assertThat(c.selection().saves(DOWN)).isTrue();
        assertAdapted(c, Q0, Q1, "lm_head");
    }

    @Test
    void no_feed_forward_layers_may_be_named() {
        AdapterConfig c = AdapterConfig.read(
                Map.of("peft_type", "IA3", "target_modules", List.of("k_proj"), "feedforward_modules", List.of()), "x");
        assertThat(((Ia3) c.method()).feedforward().matches("model.layers.0.self_attn.k_proj"))
                .isFalse();
    }

    @Test
    void a_field_that_switches_nothing_on_needs_no_support() {
        for (Object off : new Object[] {false, 0, 0.0, "", "none", "None", List.of(), Map.of()}) {
            for (String field : List.of("some_new_feature", "use_qalora", "layer_replication", "target_parameters")) {
                assertThat(config(field, off)).isNotNull();
            }
        }
        for (String field : List.of("enable_lora", "another", "trainable_token_indices", "bias", "fan_in_fan_out")) {
            assertThat(config(field, null)).isNotNull();
        }
        assertThat(config("rank_pattern", List.of())).isNotNull();
        assertThat(config("merge_weights", true)).isNotNull();
    }

    @Test
    void a_module_saved_whole_is_not_adapted() {
        assertAdapted(config("modules_to_save", List.of("lm_head")), Q0, Q1, DOWN);
    }

    @Test
    void only_the_layers_named_are_adapted() {
        List<String> targets = List.of("q_proj", "down_proj");
        Object[] all = {"target_modules", targets, "layers_to_transform", List.of(1), "layers_pattern", "layers"};
        assertAdapted(config("layers_to_transform", 0, "target_modules", targets), Q0);
        assertAdapted(config("layers_to_transform", List.of(1, 5), "target_modules", targets), Q1, DOWN);
        assertAdapted(config(all), Q1, DOWN);
        all[5] = List.of("h", "layers");
        assertAdapted(config(all), Q1, DOWN);
        all[5] = "h";
        assertAdapted(config(all));
    }

    @Test
    void the_first_number_behind_a_list_is_the_layers() {
        AdapterConfig c = config("layers_to_transform", 2, "target_modules", List.of("w1"));
        assertThat(c.selection().adapts("model.layers.2.experts.0.w1")).isTrue();
        assertThat(c.selection().adapts("model.layers.0.experts.2.w1")).isFalse();
    }

    @Test
    void scale_is_alpha_over_rank_or_its_root() {
        assertThat(size(config(), Q0)).isEqualTo(new Size(8, 2));
        assertThat(size(config("use_rslora", true), Q0)).isEqualTo(new Size(8, (float) (16 / Math.sqrt(8))));
        assertThat(size(config("r", 64, "use_rslora", true), Q0)).isEqualTo(new Size(64, 2));
    }

    @Test
    void the_first_pattern_that_matches_counts() {
        AdapterConfig c = config(
                "rank_pattern", ordered("layers\\.1\\.self_attn\\.q_proj", 2, "q_proj", 4, ".*", 1),
                "alpha_pattern", ordered("down_proj", 12));
        assertThat(size(c, Q1)).isEqualTo(new Size(2, 8));
        assertThat(size(c, Q0)).isEqualTo(new Size(4, 4));
        assertThat(size(c, DOWN)).isEqualTo(new Size(1, 12));
    }

    @Test
    void a_pattern_is_a_whole_end_of_the_path_and_may_be_anchored() {
        assertThat(size(config("rank_pattern", ordered("proj", 2)), Q0).rank()).isEqualTo(8);
        assertThat(size(config("rank_pattern", ordered("^q_proj", 2)), Q0).rank())
                .isEqualTo(8);
        assertThat(size(config("rank_pattern", ordered("^lm_head", 2)), "lm_head")
                        .rank())
                .isEqualTo(2);
    }

    @Test
    void rank_and_alpha_default_to_eight() {
        AdapterConfig c = AdapterConfig.read(Map.of("peft_type", "LORA", "target_modules", List.of("q_proj")), "x");
        assertThat(size(c, Q0)).isEqualTo(new Size(8, 1));
    }

    private static void assertRefused(String message, @Nullable Object... changes) {
        assertThatThrownBy(() -> config(changes))
                .isInstanceOf(AdapterException.class)
                .hasMessage(message);
    }

    @Test
    void numbers_out_of_range_are_refused() {
        assertRefused("lora: rank is 0, expected >= 1", "r", 0);
        assertRefused("lora: alpha is 0.0, expected > 0", "lora_alpha", 0);
        assertRefused("lora: dropout is 1.0, expected in [0, 1)", "lora_dropout", 1.0);
        assertRefused("adapter_config.json: r is 2.5, expected a whole number", "r", 2.5);
        assertRefused("adapter_config.json: r is \"8\", expected a number", "r", "8");
    }

    @Test
    void what_this_project_lacks_is_refused() {
        String types =
                Methods.all().stream().map(Method::peftType).distinct().sorted().collect(Collectors.joining(", "));
        assertThat(types).contains("LORA, ");
        assertRefused("adapter_config.json: peft_type is \"WAVEFT\", expected one of " + types, "peft_type", "WAVEFT");
        assertRefused(
                "adapter_config.json: use_qalora is true, expected false, the only one supported", "use_qalora", true);
        assertRefused(
                "adapter_config.json: bias is \"some\", expected none, all or, for the layers adapted, a name that ends"
                        + " with _only",
                "bias",
                "some");
        assertRefused(
                "adapter_config.json: init_lora_weights is \"mica\", expected true, false, gaussian, orthogonal, pissa,"
                        + " pissa_niter_N, olora, loftq, loftq_iter_N, eva, corda or lora_ga",
                "init_lora_weights",
                "mica");
        assertRefused(
                "adapter_config.json: unknown field lora_gamma with the value 1, expected none that changes anything",
                "lora_gamma",
                1);
        assertRefused(
                "adapter_config.json: unknown field enable_lora with the value [true, false],"
                        + " expected none that changes anything",
                "enable_lora",
                List.of(true, false));
        assertRefused(
                "layer-replication: [4, 4], expected ranges of layers such as 0:4,2:5, the first below the last",
                "layer_replication",
                List.of(List.of(4, 4)));
        assertRefused(
                "adapter_config.json: layer_replication is [0, 4], expected a list of ranges",
                "layer_replication",
                List.of(0, 4));
    }

    @Test
    void ways_to_start_that_leave_the_base_alone_are_read() {
        for (Object way : new Object[] {true, false, "gaussian", "orthogonal"}) {
            assertThat(lora(config("init_lora_weights", way)).rank()).isEqualTo(8);
        }
    }

    @Test
    void fields_of_the_wrong_kind_are_refused() {
        assertRefused("adapter_config.json: use_rslora is \"yes\", expected true or false", "use_rslora", "yes");
        assertRefused("adapter_config.json: exclude_modules is 3, expected a list of strings", "exclude_modules", 3);
        assertRefused(
                "adapter_config.json: layers_to_transform is [a], expected a list of layer numbers",
                "layers_to_transform",
                List.of("a"));
        assertRefused(
                "adapter_config.json: rank_pattern is [4], expected an object of numbers", "rank_pattern", List.of(4));
        assertRefused(
                "adapter_config.json: rank_pattern is {q_proj=2.5}, expected a whole number",
                "rank_pattern",
                Map.of("q_proj", 2.5));
        assertRefused("module-dropout: 3.0, expected below 1", "peft_type", "LOHA", "module_dropout", 3.0);
        assertRefused("rank-pattern q_proj: -1, expected at least 1", "rank_pattern", Map.of("q_proj", -1));
        assertRefused("rank-pattern q_proj: 0, expected at least 1", "rank_pattern", Map.of("q_proj", 0));
        assertRefused("adapter_config.json: target_modules is 3, expected a list of strings", "target_modules", 3);
        assertRefused("targets: *q is no regular expression of Python: nothing to repeat at 0", "target_modules", "*q");
        assertRefused(
                "targets: layers are given with a regular expression, expected a list of targets",
                "target_modules",
                ".*q_proj",
                "layers_to_transform",
                1);
    }

    @Test
    void a_pattern_that_is_no_expression_is_refused() {
        assertThatThrownBy(() -> size(config("rank_pattern", Map.of("(q", 2)), Q0))
                .isInstanceOf(AdapterException.class)
                .hasMessage("pattern: (q is no regular expression of Python: missing ), unterminated subpattern at 0");
    }
}
