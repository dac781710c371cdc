package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.chat.Message;
import dev.gradine.data.jinja.Rendered;
import dev.gradine.data.token.TokenSpans;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/// Finds the tokens of a rendered conversation that the assistant wrote.
///
/// A template with `{% generation %}` blocks says it itself. Otherwise the conversation is rendered up to each
/// assistant turn: the turn starts where that text, with the generation prompt, ends. It goes on to the end of its
/// content and the special token that closes it; white space after that (the newline of ChatML) is not learnt.
/// Where the shorter rendering is no prefix of the whole (templates that rewrite earlier turns), the
/// content is searched for instead.
final class AssistantMask {
    private final TextCodec codec;
    private final List<Message> messages;
    private final Map<String, Object> variables;
    private final Rendered rendered;

    AssistantMask(TextCodec codec, List<Message> messages, Map<String, Object> variables) {
        this.codec = codec;
        this.messages = messages;
        this.variables = variables;
        this.rendered = codec.render(messages, variables, false);
    }

    Rendered rendered() {
        return rendered;
    }

    /// The indices of the assistant's tokens.
    BitSet learnt(TokenSpans spans) {
        var out = new BitSet();
        if (codec.template().marksGeneration(variables)) {
            for (Rendered.Range r : rendered.generations()) cover(spans, r.start(), r.end(), out);
            return out;
        }
        int from = 0;
        for (int i = 0; i < messages.size(); i++) if (messages.get(i).isAssistant()) from = turn(i, from, spans, out);
        return out;
    }

    /// Marks turn `i`, which starts at or after character `from`, and returns where its content ends.
    private int turn(int i, int from, TokenSpans spans, BitSet out) {
        String text = rendered.text();
        int start = start(i, from);
        int contentEnd = contentEnd(i, start);
        cover(spans, start, contentEnd, out);
        for (int t = firstFrom(spans, contentEnd); t < spans.size(); t++) {
            if (codec.tokenizer().isSpecial(spans.id(t))) {
                out.set(t);
                break;
            }
            if (!text.substring(spans.start(t), spans.end(t)).isBlank()) break;
        }
        return contentEnd;
    }

    private int start(int i, int from) {
        if (i > 0) {
            String before =
                    codec.render(messages.subList(0, i), variables, true).text();
            if (before.length() >= from && rendered.text().startsWith(before)) return before.length();
        }
        return find(i, from);
    }

    private int contentEnd(int i, int start) {
        String content = messages.get(i).content().strip();
        if (!content.isEmpty()) return find(i, start) + content.length();
        // a turn of tool calls alone: all that the rendering up to it adds, without the mark and blanks at its end
        String upTo = codec.render(messages.subList(0, i + 1), variables, false).text();
        if (!rendered.text().startsWith(upTo)) throw lost(i, start);
        TokenSpans spans = codec.spans(upTo);
        int last = spans.size() - 1;
        while (last >= 0 && upTo.substring(spans.start(last), spans.end(last)).isBlank()) last--;
        boolean mark = last >= 0 && codec.tokenizer().isSpecial(spans.id(last));
        return Math.max(start, mark ? spans.start(last) : upTo.length());
    }

    private int find(int i, int from) {
        int at = rendered.text().indexOf(messages.get(i).content().strip(), from);
        if (at < 0) throw lost(i, from);
        return at;
    }

    private static DataException lost(int i, int from) {
        return new DataException("message " + i + " does not appear in the rendered conversation after character "
                + from + ", expected its content (the template rewrites it; one with generation blocks is needed)");
    }

    /// Marks every token that covers a character of the stretch.
    private static void cover(TokenSpans spans, int start, int end, BitSet out) {
        for (int t = 0; t < spans.size(); t++) {
            if (spans.start(t) < end && spans.end(t) > start) out.set(t);
        }
    }

    private static int firstFrom(TokenSpans spans, int at) {
        int t = 0;
        while (t < spans.size() && (spans.start(t) < at || spans.end(t) == spans.start(t))) t++;
        return t;
    }
}
