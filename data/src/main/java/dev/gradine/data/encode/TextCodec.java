package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.Passage;
import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.chat.Message;
import dev.gradine.data.jinja.Rendered;
import dev.gradine.data.token.TokenSpans;
import dev.gradine.data.token.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// A tokenizer and a chat template that belong together.
///
/// Plain text is tokenised with the tokenizer's own special tokens, a rendered conversation without, because the
/// template has put them there.
///
/// @param tokenizer the model's
/// @param template the model's, or [ChatTemplate#absent]
/// @param specialTokens texts of the special tokens that the template sees, by variable, such as `bos_token`
/// @param vocabSize how many token ids the model takes; often more than the tokenizer has, to fill its matrix up
public record TextCodec(Tokenizer tokenizer, ChatTemplate template, Map<String, String> specialTokens, int vocabSize) {

    private static final String ANSWER = "answerXYZ"; // no template writes this of itself

    /// Copies the map.
    public TextCodec {
        specialTokens = Map.copyOf(specialTokens);
    }

    /// A template that sees the tokenizer's `bos_token`, `eos_token` and `pad_token`.
    public TextCodec(Tokenizer tokenizer, ChatTemplate template) {
        this(tokenizer, template, ofTokenizer(tokenizer), tokenizer.vocabSize());
    }

    /// The same for a model that takes so many ids.
    public TextCodec within(int modelVocabSize) {
        return new TextCodec(tokenizer, template, specialTokens, modelVocabSize);
    }

    private static Map<String, String> ofTokenizer(Tokenizer tokenizer) {
        Map<String, String> out = new LinkedHashMap<>();
        if (tokenizer.hasBos()) out.put("bos_token", tokenizer.token(tokenizer.bos()));
        if (tokenizer.hasEos()) out.put("eos_token", tokenizer.token(tokenizer.eos()));
        if (tokenizer.hasPad()) out.put("pad_token", tokenizer.token(tokenizer.pad()));
        return out;
    }

    /// The conversation as text; the template sees the special tokens besides `variables`, which win.
    public Rendered render(List<Message> messages, Map<String, Object> variables, boolean addGenerationPrompt) {
        Map<String, Object> all = new LinkedHashMap<>(specialTokens);
        all.putAll(variables);
        return template.renderMarked(messages, all, addGenerationPrompt);
    }

    /// The ids a model is given to answer a conversation.
    public int[] encodeChat(List<Message> messages, Map<String, Object> variables, boolean addGenerationPrompt) {
        return tokenizer.encode(render(messages, variables, addGenerationPrompt).text(), false);
    }

    /// The mark that the chat template writes right after what the assistant said; none where it writes none, where
    /// there is no template, or where it refuses such a conversation.
    public OptionalInt turnEnd() {
        var turns = List.of(new Message("user", "question"), new Message("assistant", ANSWER));
        String text;
        try {
            text = render(turns, Map.of(), false).text();
        } catch (IllegalArgumentException e) {
            return OptionalInt.empty(); // a template for other conversations, or none: it names no end
        }
        int answer = text.lastIndexOf(ANSWER);
        if (answer < 0) return OptionalInt.empty();
        TokenSpans after =
                tokenizer.spans(text.substring(answer + ANSWER.length()).strip(), false);
        boolean mark = after.size() > 0 && tokenizer.isSpecial(after.id(0));
        return mark ? OptionalInt.of(after.id(0)) : OptionalInt.empty();
    }

    int[] text(String text) {
        return tokenizer.encode(text, true);
    }

    TokenSpans spans(String rendered) {
        return tokenizer.spans(rendered, false);
    }

    /// The ids of a prompt alone, ending where the answer begins.
    int[] prompt(Passage prompt, Map<String, Object> variables) {
        return switch (prompt) {
            case Passage.Text t -> text(t.text());
            case Passage.Turns t -> encodeChat(t.messages(), variables, true);
        };
    }

    /// The ids of a prompt and its answer.
    int[] both(Passage prompt, Passage answer, Map<String, Object> variables) {
        if (prompt instanceof Passage.Text p && answer instanceof Passage.Text a)
            return text(p.text() + ended(a.text()));
        return encodeChat(turns(prompt, answer), variables, false);
    }

    static List<Message> turns(Passage prompt, Passage answer) {
        List<Message> out = new ArrayList<>();
        for (Passage p : List.of(prompt, answer)) {
            if (!(p instanceof Passage.Turns t)) {
                throw new DataException("prompt and answer are text and a conversation, expected two of one kind");
            }
            out.addAll(t.messages());
        }
        return out;
    }

    /// Plain text with the EOS a conversation would get from its template; not twice.
    String ended(String text) {
        if (!tokenizer.hasEos()) return text;
        String eos = tokenizer.token(tokenizer.eos());
        return text.endsWith(eos) ? text : text + eos;
    }

    /// How many tokens two sequences share at their start.
    static int sharedPrefix(int[] a, int[] b) {
        int n = 0;
        while (n < Math.min(a.length, b.length) && a[n] == b[n]) n++;
        return n;
    }
}
