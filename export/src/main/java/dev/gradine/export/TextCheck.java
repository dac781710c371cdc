package dev.gradine.export;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.GgufTokenizer;
import dev.gradine.data.token.SpecialTokens;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.io.Checkpoint;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Whether a model that was written reads and writes text as the one in memory: token ids, chat template, ends.
final class TextCheck {

    /// Where tokenizers differ: spaces, digits, marks, scripts, combining marks, emoji, code, special tokens as text.
    private static final List<String> TEXTS = List.of(
            "Hello, world!",
            "The quick brown fox jumps over the lazy dog, and then the others followed it to the river.",
            " leading and  double   spaces, trailing ",
            "tabs\tand\nnew\n\nlines\r\n",
            "I'll say it's DON'T and we've",
            "1 12 123 1234 12345 3.14159 1,000,000",
            "Zoë said: ‘naïve café’ – “déjà vu”…",
            "e\u0301 and \u00e9, A\u030a and \u00c5",
            "Привет, мир! Γειά σου Κόσμε. שלום עולם",
            "你好，世界。こんにちは世界 안녕하세요",
            "مرحبا بالعالم नमस्ते दुनिया",
            "😀 👩‍👩‍👧‍👦 🇫🇷 ✌🏽",
            "for (int i = 0; i < n; i++) { x[i] += y[i]; } // ok",
            "https://example.org/a_b?c=d&e=%20f#g",
            "<|im_start|>user\nhi<|im_end|> <s> </s> [INST] <unk>",
            "MiXeD CaSe WoRdS and_snake_case and kebab-case",
            "\u00a0non\u2009breaking\u3000spaces\u200b",
            "∑ x² ≤ ∞, ½ ⅓ ٣ Ⅳ",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "");

    private TextCheck() {}

    static void run(OpenModel source, OpenModel written, Findings findings) {
        if (!source.hasTokenizer()) {
            findings.add(!written.hasTokenizer(), "tokenizer: the model has none");
            return;
        }
        if (!written.hasTokenizer()) {
            findings.add(false, "tokenizer: none was written");
            return;
        }
        TextCodec a = source.codec();
        TextCodec b = written.codec();
        tokens(a.tokenizer(), b.tokenizer(), findings);
        ends(source, written, findings);
        templates(source.templates(), written.templates(), findings);
        if (source.hasTemplate()) conversations(a, b, findings);
    }

    private static void tokens(Tokenizer a, Tokenizer b, Findings findings) {
        int before = findings.faults().size();
        for (String text : TEXTS) {
            int[] expected = a.encode(text, true);
            int[] got = b.encode(text, true);
            boolean same = Arrays.equals(expected, got)
                    && Arrays.equals(a.encode(text, false), b.encode(text, false))
                    && a.decode(expected, true).equals(b.decode(expected, true));
            if (!same) {
                findings.add(
                        false, "tokens: %s is %s, expected %s".formatted(quoted(text), shown(got), shown(expected)));
            }
        }
        if (findings.faults().size() == before) {
            findings.add(true, "tokens: %d texts give the same ids and come back the same".formatted(TEXTS.size()));
        }
    }

    /// Every end of the model is an end of what was written. llama.cpp ends a text at tokens that it knows
    /// by name, too; one that the file itself names is a fault.
    private static void ends(OpenModel source, OpenModel written, Findings findings) {
        TextCodec a = source.codec();
        TextCodec b = written.codec();
        Set<Integer> expected = StopTokens.of(source, a).ids();
        Set<Integer> got = StopTokens.of(written, b).ids();
        Set<Integer> more = new TreeSet<>(got);
        more.removeAll(expected);
        Checkpoint c = written.checkpoint();
        boolean named = !more.isEmpty()
                && (!c.hasGgufMetadata()
                        || !StopTokens.byName(b.tokenizer()).containsAll(more)
                        || GgufTokenizer.ends("", c.ggufMetadata()).values().stream()
                                .anyMatch(more::contains));
        Set<Integer> required = new TreeSet<>(expected);
        if (!c.hasGgufMetadata()) required.removeAll(byNameAlone(source, a));
        if (!got.containsAll(required) || named) {
            findings.add(
                    false,
                    "end tokens: %s, expected %s".formatted(texts(b.tokenizer(), got), texts(a.tokenizer(), expected)));
        } else {
            findings.add(true, "end tokens: a text ends at %s".formatted(texts(a.tokenizer(), required)));
        }
        roles(a.tokenizer().special(), b.tokenizer().special(), findings);
    }

    /// Ends that a GGUF has only because llama.cpp knows their names: programs that read folders do not end there.
    private static Set<Integer> byNameAlone(OpenModel source, TextCodec codec) {
        Checkpoint c = source.checkpoint();
        if (!c.hasGgufMetadata()) return Set.of();
        Set<Integer> alone = new TreeSet<>(StopTokens.byName(codec.tokenizer()));
        alone.removeAll(GgufTokenizer.ends("", c.ggufMetadata()).values());
        return alone;
    }

    private static String texts(Tokenizer t, Set<Integer> ids) {
        return ids.stream().map(t::token).collect(Collectors.joining(" "));
    }

    /// What the model gives a role keeps it.
    private static void roles(SpecialTokens a, SpecialTokens b, Findings findings) {
        boolean same = same(a.bos(), b.bos()) && same(a.eos(), b.eos()) && same(a.pad(), b.pad());
        String text = "bos %d, eos %d, pad %d";
        String expected = text.formatted(a.bos(), a.eos(), a.pad());
        String got = text.formatted(b.bos(), b.eos(), b.pad());
        findings.add(same, "special tokens: " + (same ? expected : got + ", expected " + expected));
    }

    private static boolean same(int expected, int got) {
        return expected == SpecialTokens.NONE || expected == got;
    }

    private static void templates(Map<String, String> a, Map<String, String> b, Findings findings) {
        if (a.isEmpty() && b.isEmpty()) findings.add(true, "template: the model has none");
        else if (a.equals(b)) findings.add(true, "template: the same text");
        else {
            findings.add(
                    false, "template: another text than the model's (%s, expected %s)".formatted(size(b), size(a)));
        }
    }

    private static String size(Map<String, String> templates) {
        return templates.values().stream().mapToInt(String::length).sum() + " characters";
    }

    private static void conversations(TextCodec a, TextCodec b, Findings findings) {
        int before = findings.faults().size();
        int rendered = 0;
        for (List<Message> turns : conversations()) {
            String expected = rendered(a, turns);
            String got = rendered(b, turns);
            if (!expected.startsWith("!")) rendered++;
            if (!got.equals(expected)) {
                findings.add(
                        false,
                        "template: a conversation of %s is %s, expected %s"
                                .formatted(turns.stream().map(Message::role).toList(), quoted(got), quoted(expected)));
            }
        }
        if (findings.faults().size() == before) {
            findings.add(
                    true,
                    "template: %d conversations render the same, %d it refuses"
                            .formatted(rendered, conversations().size() - rendered));
        }
    }

    private static List<List<Message>> conversations() {
        Message system = new Message("system", "You are terse.");
        Message user = new Message("user", "What is 2 + 2?  <b>Quick!</b>");
        Message answer = new Message("assistant", "It is 4.");
        Message more = new Message("user", "\nThank you\n");
        Message calls = new Message(
                "assistant",
                "",
                Map.of(
                        "tool_calls",
                        List.of(Map.of(
                                "type",
                                "function",
                                "function",
                                Map.of("name", "add", "arguments", Map.of("a", 2, "b", 2))))));
        Message tool = new Message("tool", "4", Map.of("name", "add"));
        return List.of(
                List.of(user),
                List.of(system, user),
                List.of(user, answer, more),
                List.of(system, user, answer),
                List.of(user, calls, tool));
    }

    /// The text with and without the beginning of an answer; behind "!" the reason why there is none.
    private static String rendered(TextCodec codec, List<Message> turns) {
        try {
            return codec.render(turns, Map.of(), false).text()
                    + "|"
                    + codec.render(turns, Map.of(), true).text();
        } catch (IllegalArgumentException e) {
            return "!";
        }
    }

    private static String quoted(String text) {
        String line = text.replace("\n", "\\n").replace("\r", "\\r");
        return '"' + (line.length() > 200 ? line.substring(0, 200) + " ..." : line) + '"';
    }

    private static String shown(int[] ids) {
        String all = Arrays.toString(Arrays.copyOf(ids, Math.min(ids.length, 24)));
        return ids.length > 24 ? all.replace("]", ", ...]") : all;
    }

    /// Sequences to compare logits on, of texts or, without a tokenizer, of ids.
    static List<int[]> sequences(OpenModel model) {
        int longest = Math.min(48, model.text().maxPositions());
        List<int[]> out = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int[] ids = model.hasTokenizer()
                    ? model.codec().tokenizer().encode(TEXTS.get(2 * i), true)
                    : new SplittableRandom(i)
                            .ints(24, 0, model.text().vocabSize())
                            .toArray();
            if (ids.length > 0) out.add(Arrays.copyOf(ids, Math.min(ids.length, longest)));
        }
        return out;
    }
}
