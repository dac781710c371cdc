package dev.gradine.cli.fuzz;

import dev.gradine.data.token.JsonTokenizer;
import dev.gradine.data.token.SpecialTokens;
import dev.gradine.data.token.TokenSpans;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.data.token.TokenizerException;
import dev.gradine.testkit.TinyTokenizers;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Original;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/// `tokenizer.json`. What opens is used: each token and some texts are encoded and decoded.
final class TokenizerFuzz {

    private static final String NAME = "tokenizer.json";

    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "abc 12  x",
            "<s>a  <x> [UNK]b</s>",
            "\u00e9\u4f60\ud83d\ude00\u2581ab\u0301",
            "a".repeat(300) + "!",
            " \n\t ".repeat(60) + "b");

    private static final List<String> WORDS = List.of(
            "",
            " ",
            "a",
            "ab",
            "\u2581",
            "\ud800",
            "\u00e9",
            "\u0000",
            "##",
            "<s>",
            "x".repeat(2000),
            "(a+)+b",
            "(a|a)*$",
            "a*a*a*b",
            "(?:",
            "[",
            "\\1",
            "(?<n>a)\\g<n>",
            "a{1,99999}",
            "\\p{Foo}",
            "(?=a)*",
            "",
            "A",
            "B",
            "$A",
            "Replace",
            "Regex",
            "String",
            "ByteLevel",
            "BPE",
            "Unigram",
            "first",
            "Isolated",
            "AAAA",
            "////",
            "=",
            "BAAAAAAAAAA=");

    private static final List<String> KEYS = List.of(
            "type",
            "content",
            "id",
            "ids",
            "lstrip",
            "rstrip",
            "single_word",
            "normalized",
            "special",
            "prefix",
            "continuing_subword_prefix",
            "end_of_word_suffix",
            "unk_token",
            "unk_id",
            "byte_fallback",
            "pattern",
            "dropout",
            "start",
            "stop",
            "length",
            "precompiled_charsmap",
            "prepend",
            "suffix",
            "delimiter",
            "behavior");

    private static final List<String> PARTS = List.of(
            "{\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 1}",
            "{\"type\": \"Strip\", \"strip_left\": true, \"strip_right\": true}",
            "{\"type\": \"FixedLength\", \"length\": 1}",
            "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"BAAAAAAAAAA=\"}",
            "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"\"}",
            "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"\"}, \"content\": \"ab\"}",
            "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"\"}, \"behavior\": \"Contiguous\", \"invert\": true}",
            "{\"type\": \"Split\", \"pattern\": {\"String\": \"\"}, \"behavior\": \"Removed\", \"invert\": false}",
            "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a+)+$\"}, \"behavior\": \"Removed\", \"invert\": false}",
            "{\"type\": \"Prepend\", \"prepend\": \"x\"}",
            "{\"type\": \"ByteLevel\"}",
            "{\"type\": \"UnicodeScripts\"}",
            "{\"type\": \"CharDelimiterSplit\", \"delimiter\": \"a\"}",
            "{\"type\": \"CTC\", \"pad_token\": \"\", \"word_delimiter_token\": \"\", \"cleanup\": true}",
            "{\"type\": \"BPEDecoder\", \"suffix\": \"\"}",
            "{\"type\": \"ByteFallback\"}",
            "{\"type\": \"Fuse\"}",
            "{\"type\": \"Punctuation\", \"behavior\": \"MergedWithNext\"}",
            "{\"type\": \"Digits\", \"individual_digits\": false}",
            "{\"type\": \"Sequence\", \"normalizers\": [], \"pretokenizers\": [],"
                    + " \"decoders\": [], \"processors\": []}",
            "{\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}",
            "{\"SpecialToken\": {\"id\": \"<q>\", \"type_id\": 0}}",
            "{\"id\": 9, \"content\": \" \", \"lstrip\": true, \"rstrip\": true, \"single_word\": false,"
                    + " \"normalized\": true, \"special\": false}",
            "{\"id\": 9, \"content\": \"a\", \"lstrip\": false, \"rstrip\": true, \"single_word\": true,"
                    + " \"normalized\": false, \"special\": true}");

    private TokenizerFuzz() {}

    static List<FileKind> kinds() {
        List<Original> originals = Stream.of(
                        TinyTokenizers.bpe(),
                        TinyTokenizers.unigram(),
                        TinyTokenizers.wordPiece(),
                        TinyTokenizers.wordLevel())
                .map(s -> new Original(s.getBytes(StandardCharsets.UTF_8), NAME, TokenizerFuzz::read))
                .toList();
        FileKind.Change change = new JsonChange(KEYS, WORDS, PARTS);
        return List.of(new FileKind(NAME, originals, change, Set.of(TokenizerException.class)));
    }

    private static void read(byte[] file) {
        Tokenizer t = JsonTokenizer.parse(NAME, new String(file, StandardCharsets.UTF_8), SpecialTokens.none());
        for (String text : TEXTS) use(t, text);
        int[] all = new int[Math.min(t.vocabSize(), 1000) + 2];
        for (int i = 0; i < all.length; i++) all[i] = i;
        t.decode(all, false);
        for (int id : all) t.decode(new int[] {id, id}, true);
    }

    private static void use(Tokenizer t, String text) {
        for (boolean special : new boolean[] {false, true}) {
            TokenSpans spans = t.spans(text, special);
            for (int i = 0; i < spans.size(); i++)
                Objects.checkFromToIndex(spans.start(i), spans.end(i), text.length());
            t.decode(spans.ids(), special);
        }
    }
}
