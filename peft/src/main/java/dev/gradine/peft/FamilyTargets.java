package dev.gradine.peft;

import dev.gradine.nn.Model;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The layers that PEFT adapts where a configuration says `"target_modules": null`: a list for each model family.
final class FamilyTargets {

    /// Of LoRA and of every method that has no list of its own.
    static final Map<String, List<String>> QUERY_AND_VALUE = queryAndValue();

    /// Of LN tuning.
    static final Map<String, List<String>> NORMS = norms();

    /// Of (IA)³.
    static final Map<String, List<String>> IA3 = ia3();

    private FamilyTargets() {}

    /// @throws AdapterException if there is no list for the family
    static Targets of(Model model, Method method) {
        List<String> names = method.familyTargets().get(model.family());
        if (names != null) return new Targets.Suffixes(names);
        throw new AdapterException(
                "target_modules: none given, and %s has no usual ones for the family \"%s\"; expected"
                                .formatted(method.name(), model.family())
                        + " names of layers or a regular expression");
    }

    private static void put(Map<String, List<String>> all, String families, String names) {
        for (String f : families.split(" ", -1)) all.put(f, List.of(names.split(" ", -1)));
    }

    private static Map<String, List<String>> queryAndValue() {
        Map<String, List<String>> all = new HashMap<>();
        put(all, "llama llama4 mistral mixtral gemma gemma2 gemma3 gemma3_text qwen2 qwen3", "q_proj v_proj");
        put(all, "opt gptj gpt_neo bart stablelm", "q_proj v_proj");
        put(all, "gpt2 gpt_bigcode", "c_attn");
        put(all, "bloom gpt_neox falcon chatglm", "query_key_value");
        put(all, "bert roberta xlm-roberta electra layoutlm", "query value");
        put(all, "t5 mt5", "q v");
        put(all, "phi", "q_proj v_proj fc1 fc2");
        put(all, "mpt", "Wqkv");
        put(all, "deberta", "in_proj");
        put(all, "deberta-v2", "query_proj value_proj");
        return Map.copyOf(all);
    }

    private static Map<String, List<String>> norms() {
        Map<String, List<String>> all = new HashMap<>();
        put(all, "llama mistral gemma", "input_layernorm post_attention_layernorm norm");
        put(
                all,
                "gemma2 gemma3 gemma3_text",
                "input_layernorm post_attention_layernorm pre_feedforward_layernorm post_feedforward_layernorm norm");
        put(all, "qwen2 qwen3", "post_attention_layernorm");
        put(all, "gpt2", "ln_1 ln_2 ln_f");
        put(all, "gptj", "ln_1 ln_f");
        put(all, "phi", "input_layernorm final_layernorm");
        put(all, "bloom falcon", "input_layernorm post_attention_layernorm ln_f");
        put(all, "t5 mt5", "layer_norm final_layer_norm");
        put(all, "bart", "self_attn_layer_norm encoder_attn_layer_norm final_layer_norm");
        return Map.copyOf(all);
    }

    private static Map<String, List<String>> ia3() {
        Map<String, List<String>> all = new HashMap<>();
        put(all, "llama mistral", "k_proj v_proj down_proj");
        put(all, "llama4 gemma gemma2 gemma3 gemma3_text qwen2 qwen3", "q_proj v_proj down_proj");
        put(all, "mixtral", "k_proj v_proj w2");
        put(all, "gpt2 gpt_bigcode", "c_attn mlp.c_proj");
        put(all, "opt", "q_proj k_proj fc2");
        put(all, "phi", "q_proj v_proj fc2");
        put(all, "gptj", "q_proj v_proj fc_out");
        put(all, "gpt_neo", "q_proj v_proj c_proj");
        put(all, "bloom", "query_key_value mlp.dense_4h_to_h");
        put(all, "gpt_neox falcon", "query_key_value dense_4h_to_h");
        put(all, "bert", "key value output.dense");
        put(all, "roberta", "key value output.dense");
        put(all, "t5", "k v wo");
        put(all, "mt5", "k v wi_1");
        put(all, "bart", "q_proj v_proj fc2");
        put(all, "deberta", "in_proj output.dense");
        put(all, "deberta-v2", "key_proj value_proj output.dense");
        return Map.copyOf(all);
    }
}
