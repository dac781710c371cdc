package dev.gradine.data.token;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// A program that opens changed copies of small tokenizers one after the other and uses what opens: each must be
/// refused
/// by a [TokenizerException] or work. It writes every copy to a file before it opens it, so that the file names the
/// one that ended the process.
///
/// `TokenizerMutants FOLDER FIRST COUNT` tries the copies FIRST to FIRST + COUNT − 1; a copy depends on its number
/// alone.
final class TokenizerMutants {
    private static final long SLOWEST = 2_000_000_000L; // ns of this thread, so that a busy machine fails nothing
    private static final ThreadMXBean TIME = ManagementFactory.getThreadMXBean();

    private static final List<String> SOURCES = List.of(
            TinyTokenizers.bpe(), TinyTokenizers.unigram(), TinyTokenizers.wordPiece(), TinyTokenizers.wordLevel());

    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "abc 12  x",
            "<s>a  <x> [UNK]b</s>",
            "\u00e9\u4f60\ud83d\ude00\u2581ab\u0301",
            "a".repeat(300) + "!",
            " \n\t ".repeat(60) + "b");

    private static final List<String> STRINGS = List.of(
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

    private final SplittableRandom random;

    private TokenizerMutants(long seed) {
        this.random = new SplittableRandom(seed);
    }

    public static void main(String... args) throws IOException {
        Path folder = Path.of(args[0]);
        int first = Integer.parseInt(args[1]);
        int usable = 0;
        for (int n = first; n < first + Integer.parseInt(args[2]); n++) {
            String mutant = new TokenizerMutants(n).make();
            Files.writeString(folder.resolve("number"), Integer.toString(n));
            Files.write(folder.resolve("mutant.json"), mutant.getBytes(StandardCharsets.UTF_16BE));
            long start = TIME.getCurrentThreadCpuTime();
            if (works(mutant)) usable++;
            long spent = TIME.getCurrentThreadCpuTime() - start;
            if (spent > SLOWEST) throw new IllegalStateException("took " + spent / 1_000_000 + " ms");
        }
        System.out.println(usable + " usable");
    }

    private static boolean works(String json) {
        try {
            Tokenizer t = JsonTokenizer.parse("mutant", json, SpecialTokens.none());
            for (String text : TEXTS) use(t, text);
            int[] all = new int[Math.min(t.vocabSize(), 1000) + 2];
            for (int i = 0; i < all.length; i++) all[i] = i;
            t.decode(all, false);
            for (int id : all) t.decode(new int[] {id, id}, true);
            return true;
        } catch (TokenizerException e) {
            if (String.valueOf(e.getMessage()).lines().count() != 1)
                throw new IllegalStateException("not one line: " + e.getMessage());
            return false;
        }
    }

    private static void use(Tokenizer t, String text) {
        for (boolean special : new boolean[] {false, true}) {
            TokenSpans spans = t.spans(text, special);
            for (int i = 0; i < spans.size(); i++)
                Objects.checkFromToIndex(spans.start(i), spans.end(i), text.length());
            t.decode(spans.ids(), special);
        }
    }

    private String make() {
        ObjectNode root = (ObjectNode) JsonMapper.shared().readTree(pick(SOURCES));
        int changes = Math.max(1, random.nextInt(4));
        for (int i = 0; i < changes; i++) change(root);
        String text = JsonMapper.shared().writeValueAsString(root);
        return random.nextInt(12) == 0 ? scratched(text) : text;
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /// Changes one entry somewhere in the tree.
    private void change(ObjectNode root) {
        List<JsonNode> containers = new ArrayList<>();
        collect(root, containers);
        switch (pick(containers)) {
            case ObjectNode o -> {
                List<String> names = new ArrayList<>();
                o.properties().forEach(e -> names.add(e.getKey()));
                String name = names.isEmpty() || random.nextInt(8) == 0 ? pick(KEYS) : pick(names);
                if (random.nextInt(6) == 0) o.remove(name);
                else o.set(random.nextInt(10) == 0 ? pick(STRINGS) : name, value(o.path(name), containers));
            }
            case ArrayNode a -> {
                int at = random.nextInt(a.size() + 1);
                if (at < a.size() && random.nextInt(4) == 0) a.remove(at);
                else if (at < a.size() && random.nextBoolean()) a.set(at, value(a.get(at), containers));
                else a.insert(at, value(a.path(0), containers));
            }
            default -> throw new IllegalStateException();
        }
    }

    private static void collect(JsonNode node, List<JsonNode> into) {
        if (!node.isContainer()) return;
        into.add(node);
        node.forEach(child -> collect(child, into));
    }

    private JsonNode value(JsonNode now, List<JsonNode> elsewhere) {
        JsonNodeFactory f = JsonNodeFactory.instance;
        return switch (random.nextInt(12)) {
            case 0 -> f.nullNode();
            case 1 -> f.booleanNode(random.nextBoolean());
            case 2 -> f.numberNode(random.nextInt(12) - 1);
            case 3 -> f.numberNode(random.nextLong());
            case 4 -> f.numberNode(random.nextBoolean() ? 0.5 : 1e300);
            case 5 -> f.arrayNode();
            case 6 -> pick(elsewhere).deepCopy();
            case 7, 8 -> JsonMapper.shared().readTree(pick(PARTS));
            case 9 -> now.isString() ? f.stringNode(edited(now.asString())) : f.stringNode(pick(STRINGS));
            case 10 -> now.isBoolean() ? f.booleanNode(!now.asBoolean()) : f.objectNode();
            default -> f.stringNode(pick(STRINGS));
        };
    }

    private String edited(String s) {
        int at = random.nextInt(s.length() + 1);
        if (random.nextBoolean() && at < s.length()) return s.substring(0, at) + s.substring(at + 1);
        return s.substring(0, at) + pick(STRINGS) + s.substring(at);
    }

    /// Text that may be JSON no longer.
    private String scratched(String text) {
        StringBuilder out = new StringBuilder(text);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(out.length());
            if (random.nextBoolean()) out.setCharAt(at, (char) random.nextInt(32, 127));
            else out.delete(at, Math.min(out.length(), at + random.nextInt(1, 20)));
        }
        return out.toString();
    }
}
