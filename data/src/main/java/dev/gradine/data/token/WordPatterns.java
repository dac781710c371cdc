package dev.gradine.data.token;

import java.util.List;

/// The regular expressions with which byte-level BPE models cut a text into words, as their own `tokenizer.json` files
/// write them; what lies between two matches is a word, too.
final class WordPatterns {
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String BREAKS = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" + BREAKS;
    private static final String WORD = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";

    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    static final String LLAMA3 = CONTRACTIONS + "|" + WORD + "|\\p{N}{1,3}" + TAIL;
    static final String QWEN2 = CONTRACTIONS + "|" + WORD + "|\\p{N}" + TAIL;
    static final String QWEN35 = CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
            + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*" + BREAKS;
    static final String SEED_CODER = CONTRACTIONS + "|" + WORD + "|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+" + BREAKS;
    static final String BAILING = "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}"
            + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

    /// A word is upper case, then lower case; either may be missing.
    private static final String UPPER = "\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}";

    private static final String LOWER = "\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}";

    static final String TEKKEN = cased("", "") + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + BREAKS;
    static final String GPT4O = cased("", CONTRACTIONS + "?") + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + BREAKS;
    static final String KIMI = "[\\p{Han}]+|" + cased("&&[^\\p{Han}]", CONTRACTIONS + "?") + "|\\p{N}{1,3}" + TAIL;

    static final List<String> DEFAULT = List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]");
    static final List<String> FALCON = List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]");
    static final List<String> CHAMELEON =
            List.of("<sentinel:[0-9]+>", "IMGIMG[A-I]{1,4}Z", "[\\t\\n]|    |  ", "\\p{N}", "[\\p{P}!-/:-@\\[-`{-~]");

    static final List<String> DEEPSEEK_CODER =
            List.of("[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-퟿]+", "\\p{N}");

    static final List<String> DEEPSEEK_V3 = List.of(
            "\\p{N}{1,3}",
            "[一-龥぀-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                    + "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+");

    /// Letters of scripts that have two cases.
    private static final String CASED_LETTERS = "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽ"
            + "Ა-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u1F7Dᾀ-ᾴᾶ-ᾼ"
            + "\u1FBEῂ-ῄῆ-ῌῐ-\u1FD3ῖ-\u1FDBῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212A-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤ"
            + "Ⳬ-ⳮ\u2CF2ⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃";

    static final List<String> DEEPSEEK_LLM = List.of(
            "[\r\n]", "\\s?[" + CASED_LETTERS + "]+", "\\s?[!-/:-~！-／：-～‘-‟　-。]+", "\\s+$", "[一-龥ࠀ-一가-퟿]+", "\\p{N}+");

    private WordPatterns() {}

    private static String cased(String without, String ending) {
        String upper = "[" + UPPER + without + "]";
        String lower = "[" + LOWER + without + "]";
        String start = "[^\\r\\n\\p{L}\\p{N}]?";
        return start + upper + "*" + lower + "+" + ending + "|" + start + upper + "+" + lower + "*" + ending;
    }
}
