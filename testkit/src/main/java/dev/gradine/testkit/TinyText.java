package dev.gradine.testkit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The text side of a tiny model: a tokenizer of bytes, four special tokens and a chat template.
public final class TinyText {

    /// Tokens 256 to 259.
    public static final List<String> SPECIAL = List.of("<|bos|>", "<|im_start|>", "<|im_end|>", "<|pad|>");

    /// How many tokens there are.
    public static final int TOKENS = 256 + SPECIAL.size();

    /// Renders a conversation as ChatML.
    public static final String TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n"
            + "{{ m.content }}<|im_end|>\n{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private TinyText() {}

    /// `tokenizer_config.json`: begin, end and padding.
    public static Map<String, Object> tokenizerConfig() {
        return Map.of("bos_token", "<|bos|>", "eos_token", "<|im_end|>", "pad_token", "<|pad|>");
    }

    /// `tokenizer.json`: byte-level BPE. Tokens 0 to 255 are the bytes, the last ones of which make room for what is
    /// merged; no UTF-8 text has a byte above 244.
    ///
    /// @param merges such as `t h`, in order
    public static Map<String, Object> tokenizer(String... merges) {
        Map<String, Object> bytes =
                Map.of("type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", true);
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("version", "1.0");
        all.put("added_tokens", added());
        all.put("pre_tokenizer", bytes);
        all.put("decoder", bytes);
        all.put("model", Map.of("type", "BPE", "vocab", vocabulary(merges), "merges", List.of(merges)));
        return all;
    }

    private static Map<String, Object> vocabulary(String... merges) {
        Map<String, Object> vocab = new LinkedHashMap<>();
        int spare = 256; // bytes that do not print are written as the characters from U+0100 on
        for (int b = 0; b < 256 - merges.length; b++) {
            boolean prints = (b > 32 && b < 127) || (b > 160 && b != 173);
            vocab.put(Character.toString(prints ? b : spare++), b);
        }
        for (String merge : merges) vocab.put(merge.replace(" ", ""), vocab.size());
        return vocab;
    }

    private static List<Map<String, Object>> added() {
        List<Map<String, Object>> added = new ArrayList<>();
        for (String token : SPECIAL) {
            Map<String, Object> t = new LinkedHashMap<>();
            t.put("id", 256 + added.size());
            t.put("content", token);
            for (String no : List.of("single_word", "lstrip", "rstrip", "normalized")) t.put(no, false);
            t.put("special", true);
            added.add(t);
        }
        return added;
    }
}
