package dev.gradine.data.token;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Finds the name that GGUF has for the way a `tokenizer.json` cuts text into words.
///
/// Only the name goes into the file, so a way without one cannot be written: another program would cut words otherwise
/// and get other ids.
final class PreTokenizerName {

    /// One name for each way, the one that llama.cpp's converter writes.
    private static final List<String> NAMES = List.of(
            "gpt-2",
            "smollm",
            "llama-bpe",
            "qwen2",
            "qwen35",
            "tekken",
            "gpt-4o",
            "deepseek-llm",
            "deepseek-coder",
            "deepseek-v3",
            "default");

    private PreTokenizerName() {}

    /// The name.
    ///
    /// @param root of a `tokenizer.json`
    /// @throws TokenizerException says what has no name
    static String of(String what, JsonNode root) {
        List<String> patterns = new ArrayList<>();
        boolean gpt2Words = steps(what, root.path("pre_tokenizer"), patterns);
        boolean nfc = normalizes(what, root.path("normalizer"));
        for (String name : NAMES) {
            PreTokenizer p = PreTokenizer.named(what, name);
            if (p.patterns().equals(patterns) && p.gpt2Words() == gpt2Words && p.nfc() == nfc) return name;
        }
        throw new TokenizerException(
                what + ": pre_tokenizer and normalizer are none that GGUF has a name for, expected those of one of "
                        + String.join(", ", NAMES));
    }

    /// Collects the patterns of the steps before `ByteLevel`, and tells whether that one cuts GPT-2's words.
    private static boolean steps(String what, JsonNode pre, List<String> patterns) {
        JsonNode last = pre;
        if (type(pre).equals("Sequence")) {
            JsonNode steps = pre.path("pretokenizers");
            for (int i = 0; i < steps.size() - 1; i++) patterns.add(pattern(what, steps.get(i)));
            last = steps.path(steps.size() - 1);
        }
        boolean plain =
                type(last).equals("ByteLevel") && !last.path("add_prefix_space").asBoolean(false);
        if (!plain) throw without(what, "pre_tokenizer ends with " + shown(last));
        return last.path("use_regex").asBoolean(true);
    }

    private static String pattern(String what, JsonNode step) {
        if (type(step).equals("Digits") && step.path("individual_digits").asBoolean(false)) return "\\p{N}";
        boolean isolates = type(step).equals("Split")
                && step.path("behavior").asString("").equals("Isolated")
                && !step.path("invert").asBoolean(false)
                && step.path("pattern").path("Regex").isString();
        if (!isolates) throw without(what, "pre_tokenizer has a step " + shown(step));
        return step.path("pattern").path("Regex").asString();
    }

    private static boolean normalizes(String what, JsonNode normalizer) {
        if (normalizer.isMissingNode() || normalizer.isNull()) return false;
        if (type(normalizer).equals("NFC")) return true;
        if (type(normalizer).equals("Sequence")
                && normalizer.path("normalizers").isEmpty()) return false;
        throw without(what, "normalizer is " + shown(normalizer));
    }

    private static TokenizerException without(String what, String is) {
        return new TokenizerException(what + ": " + is + ", which GGUF has no name for");
    }

    private static String type(JsonNode node) {
        return node.path("type").asString("");
    }

    private static String shown(JsonNode node) {
        String text = node.isMissingNode() ? "nothing" : node.toString();
        return text.length() > 120 ? text.substring(0, 120) + " ..." : text;
    }
}
