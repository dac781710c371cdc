package dev.gradine.data;

import dev.gradine.data.chat.Message;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Turns JSON values into rows. The first value decides the format, which all others must then have.
final class RowParser {
    private Format format = Format.STRING;
    private boolean decided;

    Row parse(JsonNode value) {
        if (!decided) format = value.isString() ? Format.STRING : format(value);
        decided = true;
        if (format == Format.STRING) {
            if (!value.isString()) throw RowFields.unexpected("value", value, "a string (as the first row is)");
            return new Row.Text(value.asString());
        }
        Set<String> columns = columns(value);
        for (String c : format.columns()) {
            if (!columns.contains(c)) {
                throw new DataException("field " + c + " is missing, expected " + String.join(" + ", format.columns())
                        + " (as in the first row)");
            }
        }
        RowFields fields = new RowFields(value);
        Row row = row(fields);
        return row instanceof Row.Preference p ? more(p, fields) : row;
    }

    /// A pair with what else its row says of it.
    private static Row.Preference more(Row.Preference p, RowFields f) {
        double margin = f.has("margin") ? f.number("margin") : 0;
        if (!f.has("reference")) {
            return new Row.Preference(p.prompt(), p.chosen(), p.rejected(), List.of(), margin, p.variables());
        }
        Passage best = f.passage("reference");
        if (p.prompt() instanceof Passage.Turns && best instanceof Passage.Text t) best = assistant(t.text());
        same("reference", best, p.prompt());
        return new Row.Preference(p.prompt(), p.chosen(), p.rejected(), List.of(best), margin, p.variables());
    }

    /// By the columns that are not null, else by all of them.
    private static Format format(JsonNode value) {
        Set<String> all = columns(value);
        Set<String> filled = new LinkedHashSet<>(all);
        filled.removeIf(c -> value.path(c).isNull());
        return Format.fits(filled) ? Format.of(filled) : Format.of(all);
    }

    private static Set<String> columns(JsonNode value) {
        if (!value.isObject()) throw RowFields.unexpected("value", value, "an object");
        Set<String> out = new LinkedHashSet<>();
        for (var e : value.properties()) out.add(e.getKey());
        return out;
    }

    private Row row(RowFields f) {
        return switch (format) {
            case STRING, TEXT -> new Row.Text(f.string("text"), f.label());
            case TEXT_PAIR, SENTENCE_PAIR, PREMISE -> {
                List<String> texts = format.columns();
                yield new Row.TextPair(f.string(texts.getFirst()), f.string(texts.getLast()), f.label());
            }
            case TOKENS -> tokens(f);
            case MESSAGES -> new Row.Chat(f.conversation("messages"), f.variables());
            case CONVERSATIONS -> new Row.Chat(f.conversation("conversations"), f.variables());
            case JUDGED -> judged(f);
            case COMPLETION -> completion(f);
            case ATTEMPTS -> new Row.Prompt(f.passage("prompt"), f.rated(), Map.of(), f.variables());
            case PROMPT -> new Row.Prompt(f.passage("prompt"), List.of(), f.columnsBeside("prompt"), f.variables());
            case INSTRUCTION -> new Row.Completion(instruction(f), assistant(f.string("output")), f.variables());
            case PREFERENCE -> preference(f.passage("prompt"), f);
            case INSTRUCTION_PREFERENCE ->
                new Row.Preference(
                        instruction(f), assistant(f.string("chosen")), assistant(f.string("rejected")), f.variables());
            case CONVERSATION_PREFERENCE -> preference(new Passage.Turns(f.conversation("conversations")), f);
            case IMPLICIT_PREFERENCE -> ImplicitPrompt.split(f.passage("chosen"), f.passage("rejected"), f.variables());
        };
    }

    private static Row tokens(RowFields f) {
        int[] ids = f.integers("input_ids");
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0) {
                throw new DataException("field input_ids[" + i + "] is " + ids[i] + ", expected a token id >= 0");
            }
        }
        if (ids.length == 0) throw new DataException("field input_ids is empty, expected at least one token");
        return new Row.Tokens(ids, f.has("labels") ? f.integers("labels") : ids);
    }

    private static Row judged(RowFields f) {
        Row.Completion c = answer(f);
        return new Row.Judged(c.prompt(), c.completion(), f.flag("label"), c.variables());
    }

    private static Row completion(RowFields f) {
        if (f.has("label")) {
            throw new DataException("field label is there, expected prompt + completion alone (as in the first row)");
        }
        return answer(f);
    }

    private static Row.Completion answer(RowFields f) {
        Passage prompt = f.passage("prompt");
        Passage completion = f.passage("completion");
        if (prompt instanceof Passage.Text t && completion instanceof Passage.Turns c) {
            return Mixed.completion(t, c, f.variables());
        }
        if (prompt instanceof Passage.Turns && completion instanceof Passage.Text t) completion = assistant(t.text());
        return new Row.Completion(prompt, completion, f.variables());
    }

    private static Row preference(Passage prompt, RowFields f) {
        Passage chosen = f.passage("chosen");
        Passage rejected = f.passage("rejected");
        if (chosen.getClass() != prompt.getClass() && chosen.getClass() == rejected.getClass()) {
            if (prompt instanceof Passage.Text t) return Mixed.preference(t, chosen, rejected, f.variables());
            chosen = assistant(((Passage.Text) chosen).text());
            rejected = assistant(((Passage.Text) rejected).text());
        }
        same("chosen", chosen, prompt);
        same("rejected", rejected, prompt);
        return new Row.Preference(prompt, chosen, rejected, f.variables());
    }

    private static void same(String field, Passage is, Passage prompt) {
        if (is.getClass() == prompt.getClass()) return;
        throw new DataException(
                "field " + field + " is " + kind(is) + ", expected " + kind(prompt) + " (as field prompt is)");
    }

    private static String kind(Passage p) {
        return p instanceof Passage.Text ? "a string" : "a list of messages";
    }

    /// An Alpaca row as a conversation: the system message and the turns of `history`, if there are any, then the user
    /// says the instruction, a blank line and the input, if there is one.
    private static Passage instruction(RowFields f) {
        List<Message> turns = f.history();
        String system = f.stringOrEmpty("system");
        if (!system.isEmpty()) turns.addFirst(new Message("system", system));
        String input = f.stringOrEmpty("input");
        String instruction = f.string("instruction");
        turns.add(new Message("user", input.isBlank() ? instruction : instruction + "\n\n" + input));
        return new Passage.Turns(turns);
    }

    private static Passage assistant(String text) {
        return new Passage.Turns(List.of(new Message("assistant", text)));
    }
}
