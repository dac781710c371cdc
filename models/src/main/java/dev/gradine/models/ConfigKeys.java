package dev.gradine.models;

import dev.gradine.nn.ConfigException;
import dev.gradine.nn.ModelConfig;
import java.util.List;
import java.util.Set;

/// Keys of a `config.json` that change nothing of what is computed here, in any family: what is read is read by the
/// family, and a key that is neither is refused. See `ModelConfig.requireRead`.
final class ConfigKeys {

    /// Where a file comes from, and how another program opens it.
    private static final Set<String> ABOUT = Set.of(
            "architectures",
            "auto_map",
            "base_model",
            "cache_implementation",
            "custom_pipelines",
            "dtype",
            "is_llama_config",
            "language",
            "license",
            "max_sequence_length",
            "model_name",
            "name_or_path",
            "original_max_position_embeddings", // read by the scalings that need it
            "task_specific_params",
            "tokenizer_class",
            "torch_dtype",
            "torchscript",
            "transformers.js_config",
            "transformers_version",
            "use_cache",
            "vocab_file");

    /// Ids of tokens, which the tokenizer and the end of a text go by.
    private static final Set<String> TOKENS = Set.of(
            "bos_token_id",
            "cls_token_id",
            "decoder_start_token_id",
            "eos_token_id",
            "mask_token_id",
            "pad_token_id",
            "sep_token_id",
            "unk_token_id");

    /// Of training elsewhere: how weights were drawn, what was dropped.
    private static final Set<String> TRAINING = Set.of(
            "attention_dropout",
            "attn_pdrop",
            "chunk_size_feed_forward",
            "classifier_dropout",
            "dropout",
            "embd_pdrop",
            "gradient_checkpointing",
            "hidden_dropout",
            "initializer_factor",
            "initializer_range",
            "neftune_noise_alpha",
            "resid_pdrop");

    /// Of other tasks, and of what a call returns.
    private static final Set<String> TASKS = Set.of(
            "finetuning_task",
            "id2label",
            "is_decoder",
            "keys_to_ignore_at_inference",
            "label2id",
            "num_labels",
            "output_attentions",
            "output_hidden_states",
            "output_scores",
            "prefix",
            "problem_type",
            "return_dict",
            "return_dict_in_generate");

    /// How text is generated where nothing else is said; older files have it here.
    private static final Set<String> GENERATION = Set.of(
            "bad_words_ids",
            "begin_suppress_tokens",
            "diversity_penalty",
            "do_sample",
            "early_stopping",
            "encoder_no_repeat_ngram_size",
            "exponential_decay_length_penalty",
            "forced_bos_token_id",
            "forced_eos_token_id",
            "length_penalty",
            "max_length",
            "max_new_tokens",
            "min_length",
            "no_repeat_ngram_size",
            "num_beam_groups",
            "num_beams",
            "num_return_sequences",
            "remove_invalid_values",
            "repetition_penalty",
            "suppress_tokens",
            "temperature",
            "top_k",
            "top_p",
            "typical_p");

    private ConfigKeys() {}

    /// Whether a key changes nothing in any family. Those that begin with `_` are notes that transformers leaves for
    /// itself, those with `unsloth_` the same of another program.
    static boolean isWithoutEffect(String key) {
        return key.startsWith("_")
                || key.startsWith("unsloth_")
                || ABOUT.contains(key)
                || TOKENS.contains(key)
                || TRAINING.contains(key)
                || TASKS.contains(key)
                || GENERATION.contains(key);
    }

    /// Fails on weights quantised in a way that is not read: the four and eight bits of bitsandbytes are, four bits of
    /// GPTQ and AWQ, and floating-point numbers of eight and of four bits.
    ///
    /// @throws ConfigException names the method
    static void requireReadableWeights(ModelConfig c) {
        ModelConfig q = c.object("quantization_config");
        if (q.isEmpty()) return;
        boolean four = q.flag("load_in_4bit", q.flag("_load_in_4bit", false));
        boolean eight = q.flag("load_in_8bit", q.flag("_load_in_8bit", false));
        String method = q.text("quant_method", four || eight ? "bitsandbytes" : "");
        if (List.of("gptq", "awq", "fp8", "fbgemm_fp8", "compressed-tensors", "mxfp4")
                .contains(method)) {
            q.ignoreRest();
            return;
        }
        if (!method.equals("bitsandbytes")) {
            throw q.wrong(
                    "quant_method",
                    "\"bitsandbytes\", \"gptq\", \"awq\", \"fp8\", \"fbgemm_fp8\", \"compressed-tensors\", \"mxfp4\""
                            + " or unquantised weights");
        }
        if (!four && !eight) throw q.wrong("load_in_4bit", "true, or load_in_8bit true, as bitsandbytes has no other");
        q.ignoreRest(); // the file says by itself how its weights are coded
    }
}
