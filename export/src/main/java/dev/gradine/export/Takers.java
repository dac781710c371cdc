package dev.gradine.export;

import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Dora;
import dev.gradine.peft.Ia3;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Method;
import dev.gradine.peft.PromptTuning;
import dev.gradine.tensor.DType;
import java.util.List;
import java.util.Set;

/// Which of PEFT, transformers, vLLM, TGI and llama.cpp take a result, and why the others do not: what their loaders
/// accept, as of PEFT 0.21, transformers 5, vLLM 0.11, TGI 3.3 and llama.cpp of 2026.
public final class Takers {

    private static final String MERGE = "; --to safetensors merges it";
    private static final String GGUF = "reads GGUF alone: --to gguf, or its convert_hf_to_gguf.py";

    private Takers() {}

    /// A folder of merged weights.
    ///
    /// @param modelType of its `config.json`
    /// @param tokenizerJson whether it has a `tokenizer.json`
    public static List<Taker> folder(String modelType, boolean tokenizerJson) {
        String no = "it wants a tokenizer.json, which the model does not have";
        boolean slow = modelType.equals("qwen3"); // not among TGI's own models
        return List.of(
                Taker.yes("PEFT", "as the base of a new adapter"),
                Taker.yes(
                        "transformers", "AutoModelForCausalLM.from_pretrained(DIR)" + (tokenizerJson ? "" : "; " + no)),
                tokenizerJson ? Taker.yes("vLLM", "vllm serve DIR") : Taker.no("vLLM", no),
                tokenizerJson
                        ? Taker.yes(
                                "TGI",
                                "--model-id DIR" + (slow ? "; through transformers, as no model of its own" : ""))
                        : Taker.no("TGI", no),
                Taker.no("llama.cpp", GGUF));
    }

    /// Whose GGUF files transformers reads, of those that are written here.
    private static final Set<String> READ_BY_TRANSFORMERS = Set.of(
            "falcon",
            "gemma2",
            "gemma3_text",
            "gpt2",
            "gpt_oss",
            "llama",
            "mistral",
            "phi3",
            "qwen2",
            "qwen2_moe",
            "qwen3",
            "qwen3_moe",
            "stablelm",
            "starcoder2");

    /// A GGUF file of a whole model.
    ///
    /// @param type of its matrices
    /// @param tokenizer whether it holds one
    /// @param modelType of the model's configuration
    public static List<Taker> gguf(DType type, boolean tokenizer, String modelType) {
        String decoded = type == DType.F32 ? "" : ", which decodes %s to f32".formatted(type);
        return List.of(
                Taker.no("PEFT", "it adapts folders of safetensors: --to safetensors"),
                READ_BY_TRANSFORMERS.contains(modelType)
                        ? Taker.yes("transformers", "from_pretrained(DIR, gguf_file=FILE)" + decoded)
                        : Taker.no("transformers", "it reads no GGUF of a %s: --to safetensors".formatted(modelType)),
                tokenizer
                        ? Taker.yes("vLLM", "vllm serve FILE --tokenizer BASE; experimental there")
                        : Taker.no("vLLM", "the file has no tokenizer"),
                Taker.no("TGI", "only its llama.cpp backend reads GGUF: --to safetensors for the other"),
                Taker.yes("llama.cpp", tokenizer ? "llama-cli -m FILE" : "token ids alone: the file has no tokenizer"));
    }

    /// An adapter folder.
    public static List<Taker> adapter(AdapterSet set) {
        return List.of(
                Taker.yes("PEFT", "PeftModel.from_pretrained(base, DIR)"),
                set.method() instanceof PromptTuning
                        ? Taker.no("transformers", "load_adapter takes no virtual tokens; PEFT's from_pretrained does")
                        : Taker.yes("transformers", "base.load_adapter(DIR)"),
                vllm(set),
                tgi(set),
                Taker.no("llama.cpp", "it reads adapters as GGUF: " + llamaCpp(set)));
    }

    /// A GGUF file of an adapter.
    public static List<Taker> ggufAdapter() {
        String peft = "it reads adapter folders: --to peft";
        return List.of(
                Taker.no("PEFT", peft),
                Taker.no("transformers", peft),
                Taker.no("vLLM", peft),
                Taker.no("TGI", peft),
                Taker.yes("llama.cpp", "llama-cli -m BASE.gguf --lora FILE"));
    }

    private static Taker vllm(AdapterSet set) {
        String program = "vLLM";
        if (!(set.method() instanceof Lora lora)) return Taker.no(program, only(set.method()));
        if (!set.copies().isEmpty()) return Taker.no(program, "it refuses modules_to_save" + MERGE);
        if (set.trainsRows()) return Taker.no(program, "it refuses trainable_token_indices" + MERGE);
        if (lora.loraBias()) return Taker.no(program, "it has no lora_bias");
        if (!lora.patterns().equals(Lora.Patterns.none())) {
            return Taker.no(program, "it ignores rank_pattern and alpha_pattern, so layers get a wrong scale" + MERGE);
        }
        if (adaptsEnds(set)) {
            return Taker.no(program, "embeddings and heads are adapted in a few of its models only" + MERGE);
        }
        return Taker.yes(
                program, "--enable-lora --max-lora-rank %d --lora-modules NAME=DIR".formatted(allowed(lora.rank())));
    }

    /// vLLM's choices of the largest rank.
    private static int allowed(int rank) {
        for (int r : new int[] {8, 16, 32, 64, 128, 256, 320, 512}) if (rank <= r) return r;
        return rank;
    }

    private static Taker tgi(AdapterSet set) {
        String program = "TGI";
        if (!(set.method() instanceof Lora lora)) return Taker.no(program, only(set.method()));
        if (!set.copies().isEmpty()) return Taker.no(program, "it does not load modules_to_save" + MERGE);
        if (set.trainsRows()) return Taker.no(program, "it refuses trainable_token_indices" + MERGE);
        if (lora.loraBias()) return Taker.no(program, "it has no lora_bias");
        if (!lora.patterns().equals(Lora.Patterns.none())) {
            return Taker.no(program, "it ignores rank_pattern and alpha_pattern" + MERGE);
        }
        if (adaptsEnds(set)) return Taker.no(program, "it adapts the linear layers of blocks alone" + MERGE);
        return Taker.yes(program, "--lora-adapters NAME=DIR");
    }

    private static String llamaCpp(AdapterSet set) {
        if (set.method() instanceof PromptTuning) return "and LoRA alone";
        if (!(set.method() instanceof Lora)) return "and LoRA alone; --to gguf merges " + named(set.method());
        if (!set.copies().isEmpty()) return "without modules_to_save; --to gguf merges them";
        return "--to gguf-lora";
    }

    private static String only(Method method) {
        String merge = method.merges() ? MERGE : "";
        return "it takes plain LoRA, not %s%s".formatted(named(method), merge);
    }

    private static String named(Method method) {
        return switch (method) {
            case Dora _ -> "DoRA";
            case Ia3 _ -> "(IA)³";
            case PromptTuning _ -> "prompt tuning";
            default -> method.name();
        };
    }

    private static boolean adaptsEnds(AdapterSet set) {
        return set.adapters().keySet().stream().anyMatch(Takers::isEnd);
    }

    private static boolean isEnd(Site site) {
        return site instanceof Embedding
                || (site instanceof Linear l && l.path().endsWith("lm_head"));
    }
}
