package dev.gradine.data.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// How a byte-level BPE cuts text into words before merging, by the name GGUF gives it.
///
/// GGUF stores only the name; [WordPatterns] has the expressions. A name outside the list is refused: cutting words
/// another way would give other ids.
///
/// @param patterns regular expressions applied one after the other, each isolating its matches
/// @param gpt2Words whether GPT-2's word pattern is applied last
/// @param nfc whether text is brought to Unicode NFC first
/// @param ignoreMerges whether a word that is a token is taken whole, whatever the merges say
/// @param addBos whether BOS is put before a text when the file does not say
record PreTokenizer(List<String> patterns, boolean gpt2Words, boolean nfc, boolean ignoreMerges, boolean addBos) {

    private static final PreTokenizer GPT2 = new PreTokenizer(List.of(), true, false, false, false);
    private static final PreTokenizer DIGITS = new PreTokenizer(List.of("\\p{N}"), true, false, false, false);
    private static final PreTokenizer LLAMA3 =
            new PreTokenizer(List.of(WordPatterns.LLAMA3), false, false, false, false);
    private static final PreTokenizer QWEN = new PreTokenizer(List.of(WordPatterns.QWEN2), false, false, false, false);
    private static final PreTokenizer DEEPSEEK_V3 =
            new PreTokenizer(WordPatterns.DEEPSEEK_V3, false, false, false, false);
    private static final PreTokenizer GPT4O = new PreTokenizer(List.of(WordPatterns.GPT4O), false, false, true, false);
    private static final PreTokenizer BAILING =
            new PreTokenizer(List.of(WordPatterns.BAILING), false, false, false, false);

    private static final Map<String, PreTokenizer> BY_NAME = Map.ofEntries(
            Map.entry("default", new PreTokenizer(WordPatterns.DEFAULT, false, false, false, false)),
            Map.entry("gpt-2", GPT2),
            Map.entry("phi-2", GPT2),
            Map.entry("mpt", GPT2),
            Map.entry("olmo", GPT2),
            Map.entry("jais", GPT2),
            Map.entry("exaone4", GPT2),
            Map.entry("modern-bert", GPT2),
            Map.entry("roberta-bpe", GPT2),
            Map.entry("starcoder", DIGITS),
            Map.entry("refact", DIGITS),
            Map.entry("command-r", DIGITS),
            Map.entry("smollm", DIGITS),
            Map.entry("codeshell", DIGITS),
            Map.entry("exaone", DIGITS),
            Map.entry("minerva-7b", DIGITS),
            Map.entry("llama-bpe", LLAMA3.wholeWords().withBos()),
            Map.entry("llama3", LLAMA3.wholeWords().withBos()),
            Map.entry("llama-v3", LLAMA3.wholeWords().withBos()),
            Map.entry("falcon3", LLAMA3.wholeWords().withBos()),
            Map.entry("falcon-h1", LLAMA3.wholeWords().withBos()),
            Map.entry("pixtral", LLAMA3.wholeWords().withBos()),
            Map.entry("lfm2", LLAMA3.wholeWords().withBos()),
            Map.entry("smaug-bpe", LLAMA3),
            Map.entry("dbrx", LLAMA3),
            Map.entry("glm4", LLAMA3),
            Map.entry("chatglm-bpe", LLAMA3),
            Map.entry("qwen2", QWEN.composed()),
            Map.entry("deepseek-r1-qwen", QWEN.composed()),
            Map.entry("megrez", QWEN),
            Map.entry("stablelm2", QWEN),
            Map.entry("hunyuan", QWEN),
            Map.entry("grok-2", QWEN),
            Map.entry("qwen35", new PreTokenizer(List.of(WordPatterns.QWEN35), false, true, false, false)),
            Map.entry("falcon", new PreTokenizer(WordPatterns.FALCON, false, false, false, false)),
            Map.entry("deepseek-llm", new PreTokenizer(WordPatterns.DEEPSEEK_LLM, false, false, false, false)),
            Map.entry("deepseek-coder", new PreTokenizer(WordPatterns.DEEPSEEK_CODER, false, false, false, false)),
            Map.entry("deepseek-v3", DEEPSEEK_V3),
            Map.entry("hunyuan-dense", DEEPSEEK_V3),
            Map.entry("tekken", new PreTokenizer(List.of(WordPatterns.TEKKEN), false, false, true, true)),
            Map.entry("gpt-4o", GPT4O),
            Map.entry("llama4", GPT4O),
            Map.entry("minimax-m2", GPT4O),
            Map.entry("chameleon", new PreTokenizer(WordPatterns.CHAMELEON, true, false, false, true)),
            Map.entry("seed-coder", new PreTokenizer(List.of(WordPatterns.SEED_CODER), false, false, false, false)),
            Map.entry("bailingmoe", BAILING),
            Map.entry("bailingmoe2", BAILING),
            Map.entry("llada-moe", BAILING),
            Map.entry("kimi-k2", new PreTokenizer(List.of(WordPatterns.KIMI), false, false, true, false)));

    /// The pre-tokeniser of that name.
    ///
    /// @param what file, named in the error
    /// @throws TokenizerException if the name is not known
    static PreTokenizer named(String what, String name) {
        PreTokenizer p = BY_NAME.get(name);
        if (p != null) return p;
        throw new TokenizerException(what + ": tokenizer.ggml.pre is '" + name + "', expected one of "
                + String.join(", ", BY_NAME.keySet().stream().sorted().toList()));
    }

    private PreTokenizer wholeWords() {
        return new PreTokenizer(patterns, gpt2Words, nfc, true, addBos);
    }

    private PreTokenizer withBos() {
        return new PreTokenizer(patterns, gpt2Words, nfc, ignoreMerges, true);
    }

    private PreTokenizer composed() {
        return new PreTokenizer(patterns, gpt2Words, true, ignoreMerges, addBos);
    }

    /// The `pre_tokenizer` of a `tokenizer.json`.
    Map<String, Object> json() {
        List<Object> steps = new ArrayList<>();
        for (String p : patterns) {
            steps.add(Map.of("type", "Split", "pattern", Map.of("Regex", p), "behavior", "Isolated", "invert", false));
        }
        steps.add(byteLevel(gpt2Words));
        return Map.of("type", "Sequence", "pretokenizers", steps);
    }

    /// The `ByteLevel` part of a `tokenizer.json`, which serves as pre-tokeniser and decoder.
    static Map<String, Object> byteLevel(boolean words) {
        return Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", words);
    }
}
