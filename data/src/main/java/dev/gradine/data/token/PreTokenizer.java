package dev.gradine.data.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// How a byte-level BPE cuts text into words before merging, by the name GGUF gives it.
///
/// The patterns are those of the models' own `tokenizer.json` files; GGUF stores only the name.
///
/// @param patterns regular expressions applied one after the other, each isolating its matches
/// @param gpt2Words whether GPT-2's word pattern is applied last
/// @param nfc whether text is brought to Unicode NFC first
/// @param ignoreMerges whether a word that is a token is taken whole, whatever the merges say
/// @param addBos whether BOS is put before a text when the file does not say
record PreTokenizer(List<String> patterns, boolean gpt2Words, boolean nfc, boolean ignoreMerges, boolean addBos) {
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String LLAMA3 = CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" + TAIL;
    private static final String QWEN2 = CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + TAIL;

    private static final String GPT2_WORDS =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final PreTokenizer GPT2 = new PreTokenizer(List.of(), true, false, false, false);
    private static final PreTokenizer DIGITS = new PreTokenizer(List.of("\\p{N}"), true, false, false, false);
    private static final PreTokenizer LLAMA_3 = new PreTokenizer(List.of(LLAMA3), false, false, true, true);
    private static final PreTokenizer QWEN_2 = new PreTokenizer(List.of(QWEN2), false, true, false, false);
    private static final PreTokenizer DEFAULT = new PreTokenizer(
            List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2_WORDS, "\\p{N}+", "[0-9][0-9][0-9]"), false, false, false, false);

    private static final Map<String, PreTokenizer> BY_NAME = Map.ofEntries(
            Map.entry("default", DEFAULT),
            Map.entry("gpt-2", GPT2),
            Map.entry("phi-2", GPT2),
            Map.entry("mpt", GPT2),
            Map.entry("olmo", GPT2),
            Map.entry("smollm", DIGITS),
            Map.entry("starcoder", DIGITS),
            Map.entry("refact", DIGITS),
            Map.entry("command-r", DIGITS),
            Map.entry("codeshell", DIGITS),
            Map.entry("llama-bpe", LLAMA_3),
            Map.entry("llama3", LLAMA_3),
            Map.entry("llama-v3", LLAMA_3),
            Map.entry("falcon3", LLAMA_3),
            Map.entry("qwen2", QWEN_2),
            Map.entry("deepseek-r1-qwen", QWEN_2));

    /// The pre-tokeniser of that name.
    ///
    /// @param what file, named in the error
    /// @throws TokenizerException if the name is not known: cutting words another way would give other ids
    static PreTokenizer named(String what, String name) {
        PreTokenizer p = BY_NAME.get(name);
        if (p != null) return p;
        throw new TokenizerException(what + ": tokenizer.ggml.pre is '" + name + "', expected one of "
                + String.join(", ", BY_NAME.keySet().stream().sorted().toList()));
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
